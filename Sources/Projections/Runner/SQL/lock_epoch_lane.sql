-- name:    lock_epoch_lane
-- purpose: let a lane's word and a swap take turns
-- params:  $1 model text · $2 partition bigint · $3 generation bigint
-- effect:  a row lock until the transaction ends; no row: the lane was replaced
-- index:   projection_lanes_pkey
-- caller:  EpochRegistry
SELECT models.served_epoch, models.fence
FROM projection_lanes AS lanes
JOIN projection_models AS models USING (model)
WHERE lanes.model = $1 AND lanes.kafka_partition = $2 AND lanes.generation = $3
FOR UPDATE OF lanes
