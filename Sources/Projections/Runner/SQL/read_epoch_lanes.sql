-- name:    read_epoch_lanes
-- purpose: say which lanes of live projection are the current ones
-- params:  $1 model text
-- effect:  none; one row a partition that ever had a lane
-- index:   projection_lanes_pkey
-- caller:  EpochRegistry
SELECT kafka_partition, generation, owner, seen_at
FROM projection_lanes
WHERE model = $1
ORDER BY kafka_partition
