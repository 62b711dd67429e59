-- name:    find_next_stamp
-- purpose: where stamps of a shard go on after a hole
-- params:  $1 shard bigint · $2 from this position on bigint · $3 last position bigint
-- effect:  none; at most one row
-- index:   outbox_stamps_pkey (shard, first_position)
-- caller:  StampCursor
SELECT first_position
FROM outbox_stamps
WHERE shard = $1::smallint AND first_position BETWEEN $2 AND $3
ORDER BY first_position
LIMIT 1
