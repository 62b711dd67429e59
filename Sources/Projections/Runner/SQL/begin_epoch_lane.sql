-- name:    begin_epoch_lane
-- purpose: make a lane the current one of its partition
-- params:  $1 model text · $2 partition bigint · $3 owner text
-- effect:  a generation that is higher than all before; every word of an older one is void
-- index:   projection_lanes_pkey
-- caller:  EpochRegistry
INSERT INTO projection_lanes AS lanes (model, kafka_partition, generation, owner, seen_at)
VALUES ($1, $2, 1, $3, clock_timestamp())
ON CONFLICT (model, kafka_partition) DO UPDATE
    SET generation = lanes.generation + 1, owner = EXCLUDED.owner, seen_at = EXCLUDED.seen_at
RETURNING generation
