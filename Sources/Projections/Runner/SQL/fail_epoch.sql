-- name:    fail_epoch
-- purpose: give up an epoch that is not served
-- params:  $1 model text · $2 epoch bigint · $3 why text
-- effect:  at most one row; the served one, and one that is being dropped, stay as they are
-- index:   projection_epochs_pkey
-- caller:  EpochRegistry
UPDATE projection_epochs
SET state = 'failed', changed_at = clock_timestamp(), note = $3
WHERE model = $1 AND epoch = $2 AND state IN ('building', 'tailing', 'ready', 'kept')
RETURNING epoch
