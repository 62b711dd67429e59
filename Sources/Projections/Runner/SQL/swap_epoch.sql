-- name:    swap_epoch
-- purpose: answer readers from another epoch from now on
-- params:  $1 model text · $2 epoch bigint · $3 fence bigint that the caller has seen · $4 partitions bigint
--          · $5 kind text · $6 by text
-- effect:  one row changes hands, or nothing at all: where the fence has moved, a lane's word is missing, or the epoch
--          is not one that may be served; the one served before is kept current from here on
-- index:   projection_models_pkey, projection_epochs_pkey, projection_adoptions_pkey
-- caller:  EpochRegistry, after lock_epoch_lanes
WITH words AS (
    SELECT count(*) AS given
    FROM projection_lanes AS lanes
    JOIN projection_adoptions AS words USING (model, kafka_partition, generation)
    WHERE model = $1 AND words.epoch = $2 AND words.fence = $3
), target AS (
    SELECT epoch FROM projection_epochs
    WHERE model = $1 AND epoch = $2 AND scope = '{}'
      AND (state = 'kept' OR (state = 'ready' AND held_digest = folded_digest))
), before AS (
    SELECT served_epoch FROM projection_models
    WHERE model = $1 AND fence = $3 AND served_epoch <> $2
      AND (SELECT given FROM words) = $4 AND EXISTS (SELECT FROM target)
    FOR UPDATE
), swapped AS (
    UPDATE projection_models AS models
    SET served_epoch = $2, fence = models.fence + 1, changed_at = clock_timestamp()
    FROM before
    WHERE models.model = $1 AND models.fence = $3
    RETURNING before.served_epoch AS from_epoch, models.fence, models.changed_at
), history AS (
    INSERT INTO projection_swaps (model, fence, from_epoch, to_epoch, kind, swapped_by, swapped_at)
    SELECT $1, fence, from_epoch, $2, $5, $6, changed_at FROM swapped
)
SELECT from_epoch, fence, changed_at FROM swapped
