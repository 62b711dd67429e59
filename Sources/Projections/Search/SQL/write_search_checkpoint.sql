-- name:    write_search_checkpoint
-- purpose: store where a partition stands, together with its documents
-- params:  $1 epoch bigint · $2 kafka_partition smallint · $3 practitioner_sequence bigint · $4
--          practitioner_next_offset bigint
--          $5 practitioner_last_record uuid · $6 availability_next_offset bigint · $7 availability_last_record uuid
--          $8 as_of timestamptz
-- effect:  one row; the caller holds the partition's lock and has compared with what is stored
-- index:   search_checkpoints_pkey
-- caller:  PostgresSearchEngine
INSERT INTO search_checkpoints (
    epoch, kafka_partition, practitioner_sequence, practitioner_next_offset, practitioner_last_record,
    availability_next_offset, availability_last_record, as_of)
VALUES ($1::bigint, $2::smallint, $3::bigint, $4::bigint, $5::uuid, $6::bigint, $7::uuid, $8::timestamptz)
ON CONFLICT (epoch, kafka_partition) DO UPDATE SET
    practitioner_sequence = EXCLUDED.practitioner_sequence,
    practitioner_next_offset = EXCLUDED.practitioner_next_offset,
    practitioner_last_record = EXCLUDED.practitioner_last_record,
    availability_next_offset = EXCLUDED.availability_next_offset,
    availability_last_record = EXCLUDED.availability_last_record,
    as_of = EXCLUDED.as_of
