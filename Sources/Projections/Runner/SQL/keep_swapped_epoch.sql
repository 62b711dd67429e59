-- name:    keep_swapped_epoch
-- purpose: keep the epoch that was served current, so that a rollback is instant
-- params:  $1 model text · $2 epoch that was served bigint · $3 partitions bigint
-- effect:  its state becomes `kept`, and every lane is asked to write it
-- index:   projection_epochs_pkey
-- caller:  EpochRegistry, after swap_epoch in the same transaction
WITH kept AS (
    UPDATE projection_epochs
    SET state = 'kept', changed_at = clock_timestamp(), left_at = clock_timestamp()
    WHERE model = $1 AND epoch = $2
    RETURNING epoch
)
INSERT INTO projection_adoptions (model, epoch, kafka_partition)
SELECT $1, epoch, number FROM kept, generate_series(0, $3 - 1) AS number
ON CONFLICT DO NOTHING
