-- name:    read_search_checkpoint
-- purpose: say where a partition stands
-- params:  $1 epoch bigint · $2 kafka_partition smallint
-- effect:  none
-- index:   search_checkpoints_pkey
-- caller:  PostgresSearchEngine
SELECT practitioner_sequence, practitioner_next_offset, practitioner_last_record, availability_next_offset,
       availability_last_record, as_of
FROM search_checkpoints
WHERE epoch = $1 AND kafka_partition = $2
