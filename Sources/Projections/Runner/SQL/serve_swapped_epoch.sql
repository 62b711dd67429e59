-- name:    serve_swapped_epoch
-- purpose: note that an epoch is the served one
-- params:  $1 model text · $2 epoch bigint
-- effect:  its state becomes `served`, and nobody is asked to adopt it any more
-- index:   projection_epochs_pkey
-- caller:  EpochRegistry, after keep_swapped_epoch in the same transaction
WITH served AS (
    UPDATE projection_epochs
    SET state = 'served', changed_at = clock_timestamp(), owner = NULL, lease_expires_at = NULL
    WHERE model = $1 AND epoch = $2
    RETURNING epoch
)
DELETE FROM projection_adoptions USING served
WHERE projection_adoptions.model = $1 AND projection_adoptions.epoch = served.epoch
