-- name:    lock_epoch_lanes
-- purpose: let a swap and the lanes' words take turns: what follows in the transaction sees every word as it stands
-- params:  $1 model text
-- effect:  row locks until the transaction ends, in order of partitions
-- index:   projection_lanes_pkey
-- caller:  EpochRegistry
SELECT kafka_partition FROM projection_lanes WHERE model = $1 ORDER BY kafka_partition FOR SHARE
