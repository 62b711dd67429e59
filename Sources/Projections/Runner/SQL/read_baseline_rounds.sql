-- name:    read_baseline_rounds
-- purpose: the last round of every partition, for those who look for it in the log, and for operators
-- params:  none
-- effect:  none; model, partition, when it was done and its first offset, both NULL where there was none
-- index:   projection_baseline_rounds_pkey
-- caller:  BaselineDesk
SELECT model, kafka_partition::bigint, ended_at, first_offset
FROM projection_baseline_rounds
ORDER BY model, kafka_partition
