-- name:    ensure_baseline_rounds
-- purpose: a row for each partition of the models whose baselines are wanted in the log
-- params:  $1 models text[] · $2 partitions a model bigint
-- effect:  rows that are missing are made, with no round yet
-- index:   projection_baseline_rounds_pkey
-- caller:  BaselineDesk
INSERT INTO projection_baseline_rounds (model, kafka_partition)
SELECT model, kafka_partition FROM unnest($1::text[]) AS model, generate_series(0, $2::bigint - 1) AS kafka_partition
ON CONFLICT DO NOTHING
