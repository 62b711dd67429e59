-- name:    withdraw_epoch_word
-- purpose: a lane says that it does not write an epoch in one step with the served one any more
-- params:  $1 model text · $2 epoch bigint · $3 partition bigint
-- effect:  at most one row; it stays asked for
-- index:   projection_adoptions_pkey
-- caller:  EpochRegistry
UPDATE projection_adoptions
SET adopted_at = NULL, generation = NULL, fence = NULL
WHERE model = $1 AND epoch = $2 AND kafka_partition = $3
