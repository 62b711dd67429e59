-- name:    change_epoch_state
-- purpose: say how far a rebuild is
-- params:  $1 model text · $2 epoch bigint · $3 owner text · $4 state text · $5 states that it may come from text[]
-- effect:  the state is changed, or was that one already; no row: another rebuild has the epoch, or it is elsewhere
-- index:   projection_epochs_pkey
-- caller:  EpochRegistry
UPDATE projection_epochs
SET state = $4, changed_at = CASE WHEN state = $4 THEN changed_at ELSE clock_timestamp() END
WHERE model = $1 AND epoch = $2 AND owner = $3 AND lease_expires_at > clock_timestamp()
  AND (state = ANY ($5) OR state = $4)
RETURNING epoch
