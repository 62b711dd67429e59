-- name:    read_progress
-- purpose: find what is recorded about a partition of an epoch around a moment
-- params:  $1 model text · $2 kafka_partition smallint · $3 epoch bigint · $4 moment timestamptz
-- effect:  none; at most two rows: the last one that begins at or before the moment, then the first one after it
-- index:   projection_progress_pkey
-- caller:  ProjectionProgressLog
(SELECT covers_from, recorded_at, began, moments, booking_positions, practitioner_positions
FROM projection_progress
WHERE model = $1 AND kafka_partition = $2::smallint AND epoch = $3 AND covers_from <= $4::timestamptz
ORDER BY covers_from DESC LIMIT 1)
UNION ALL
(SELECT covers_from, recorded_at, began, moments, booking_positions, practitioner_positions
FROM projection_progress
WHERE model = $1 AND kafka_partition = $2::smallint AND epoch = $3 AND covers_from > $4
ORDER BY covers_from LIMIT 1)
