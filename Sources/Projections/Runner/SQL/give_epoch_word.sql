-- name:    give_epoch_word
-- purpose: a lane says that it writes an epoch first and the one served under a fence afterwards
-- params:  $1 model text · $2 epochs bigint[] · $3 partition bigint · $4 generation bigint · $5 fence bigint
-- effect:  at most one row an epoch, those that are still asked for
-- index:   projection_adoptions_pkey
-- caller:  EpochRegistry
UPDATE projection_adoptions
SET adopted_at = clock_timestamp(), generation = $4, fence = $5
WHERE model = $1 AND epoch = ANY ($2) AND kafka_partition = $3
  AND (generation IS DISTINCT FROM $4 OR fence IS DISTINCT FROM $5)
RETURNING epoch
