-- name:    prune_progress
-- purpose: forget what the pages of a partition showed long ago
-- params:  $1 model text · $2 kafka_partition smallint · $3 before timestamptz · $4 limit bigint
-- effect:  deletes at most $4 rows, the oldest first
-- index:   projection_progress_pkey
-- caller:  ProgressJournal
DELETE FROM projection_progress
WHERE (model, kafka_partition, covers_from, epoch) IN (
    SELECT model, kafka_partition, covers_from, epoch FROM projection_progress
    WHERE model = $1 AND kafka_partition = $2::smallint AND covers_from < $3::timestamptz
    ORDER BY covers_from LIMIT $4)
