-- name:    request_adoption
-- purpose: ask live projection to write an epoch beside the served one
-- params:  $1 model text · $2 epoch bigint · $3 partitions bigint
-- effect:  one row a partition; those that are there stay
-- index:   projection_adoptions_pkey
-- caller:  EpochRegistry
INSERT INTO projection_adoptions (model, epoch, kafka_partition)
SELECT $1, $2, number FROM generate_series(0, $3 - 1) AS number
ON CONFLICT DO NOTHING
