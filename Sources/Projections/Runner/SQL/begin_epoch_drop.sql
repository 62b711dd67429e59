-- name:    begin_epoch_drop
-- purpose: take an epoch out of everybody's hands
-- params:  $1 model text · $2 epoch bigint
-- effect:  state `dropping`; no row: it is served, or a rebuild that is alive has it, or it is gone already
-- index:   projection_epochs_pkey
-- caller:  EpochRegistry
UPDATE projection_epochs
SET state = 'dropping', owner = NULL, lease_expires_at = NULL,
    changed_at = CASE WHEN state = 'dropping' THEN changed_at ELSE clock_timestamp() END
WHERE model = $1 AND epoch = $2 AND state NOT IN ('served', 'dropped')
  AND (state IN ('kept', 'failed', 'dropping') OR coalesce(lease_expires_at <= clock_timestamp(), true))
RETURNING epoch
