-- name:    read_quarantine
-- purpose: who waits in a partition of a model's epoch
-- params:  $1 model text · $2 epoch bigint · $3 kafka_partition smallint
-- effect:  none
-- index:   quarantine_open_by_partition
-- caller:  Quarantine
SELECT quarantine_id, practitioner_id, country_code
FROM quarantine
WHERE model = $1 AND epoch = $2 AND kafka_partition = $3::smallint AND ended_at IS NULL
