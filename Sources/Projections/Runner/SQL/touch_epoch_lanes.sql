-- name:    touch_epoch_lanes
-- purpose: say that lanes are alive
-- params:  $1 model text · $2 partitions bigint[] · $3 generations bigint[]
-- effect:  at most one row a lane; a lane that was replaced changes nothing
-- index:   projection_lanes_pkey
-- caller:  EpochRegistry
UPDATE projection_lanes AS lanes
SET seen_at = clock_timestamp()
FROM unnest($2::bigint[], $3::bigint[]) AS alive (kafka_partition, generation)
WHERE lanes.model = $1 AND lanes.kafka_partition = alive.kafka_partition AND lanes.generation = alive.generation
