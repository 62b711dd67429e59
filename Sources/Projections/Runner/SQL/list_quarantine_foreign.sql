-- name:    list_quarantine_foreign
-- purpose: where records are that belong to nobody
-- params:  $1 model text or NULL · $2 limit bigint
-- effect:  none; the latest first
-- index:   quarantine_foreign_pkey
-- caller:  QuarantineOffice
SELECT model, topic, kafka_partition, record_offset, seen_at
FROM quarantine_foreign
WHERE $1::text IS NULL OR model = $1
ORDER BY seen_at DESC, topic, kafka_partition, record_offset
LIMIT $2
