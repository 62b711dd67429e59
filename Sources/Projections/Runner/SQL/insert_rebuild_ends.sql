-- name:    insert_rebuild_ends
-- purpose: keep where the log ended before a rebuild read anything
-- params:  $1 model text · $2 epoch bigint · $3 partitions bigint[] · $4 topics text[] · $5 next offsets bigint[]
--          · $6 last records uuid[], all of one length
-- effect:  at most one row an element; what is there already stays: a resumed rebuild keeps its offsets
-- index:   projection_rebuild_ends_pkey
-- caller:  RebuildBook
INSERT INTO projection_rebuild_ends (model, epoch, kafka_partition, topic, next_offset, last_record)
SELECT $1::text, $2::bigint, kafka_partition, topic, next_offset, last_record
FROM unnest($3::bigint[], $4::text[], $5::bigint[], $6::uuid[])
    AS given (kafka_partition, topic, next_offset, last_record)
ON CONFLICT DO NOTHING
