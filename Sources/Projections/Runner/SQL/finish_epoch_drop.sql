-- name:    finish_epoch_drop
-- purpose: note that nothing is left of an epoch
-- params:  $1 model text · $2 epoch bigint
-- effect:  state `dropped`, for ever; no row: it was not being dropped
-- index:   projection_epochs_pkey
-- caller:  EpochRegistry
WITH dropped AS (
    UPDATE projection_epochs SET state = 'dropped', changed_at = clock_timestamp()
    WHERE model = $1 AND epoch = $2 AND state = 'dropping'
    RETURNING epoch
), adoptions AS (
    DELETE FROM projection_adoptions USING dropped
    WHERE projection_adoptions.model = $1 AND projection_adoptions.epoch = dropped.epoch
)
SELECT epoch FROM dropped
