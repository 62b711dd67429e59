-- name:    read_adoptions
-- purpose: say who was asked to write which epoch, and whose word there is
-- params:  $1 model text
-- effect:  none; one row an epoch and partition
-- index:   projection_adoptions_pkey
-- caller:  EpochRegistry
SELECT epoch, kafka_partition, asked_at, adopted_at, generation, fence
FROM projection_adoptions
WHERE model = $1
ORDER BY epoch, kafka_partition
