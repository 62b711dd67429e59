-- name:    read_rebuild_ends
-- purpose: where the log ended before a rebuild read anything
-- params:  $1 model text · $2 epoch bigint
-- effect:  none; partition, topic, next offset and the record before it
-- index:   projection_rebuild_ends_pkey
-- caller:  RebuildBook
SELECT kafka_partition, topic, next_offset, last_record
FROM projection_rebuild_ends
WHERE model = $1 AND epoch = $2
