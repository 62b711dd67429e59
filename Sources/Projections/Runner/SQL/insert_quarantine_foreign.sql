-- name:    insert_quarantine_foreign
-- purpose: record where in the log records are that belong to nobody
-- params:  $1 model text · $2 kafka_partition smallint · $3 topics text[] · $4 record offsets bigint[]
-- effect:  one row each; what came before changes nothing
-- index:   quarantine_foreign_pkey
-- caller:  ForeignRecords
INSERT INTO quarantine_foreign (model, topic, kafka_partition, record_offset, seen_at)
SELECT $1::text, n.topic, $2::smallint, n.record_offset, clock_timestamp()
FROM unnest($3::text[], $4::bigint[]) AS n (topic, record_offset)
ON CONFLICT DO NOTHING
