-- name:    read_stamps
-- purpose: which outbox ids were given which positions of a shard, a page of them
-- params:  $1 shard bigint · $2 first position bigint · $3 end of the page bigint, not in it · $4 last position bigint
-- effect:  none; in the order of positions; the first row may begin before $2
-- index:   outbox_stamps_pkey (shard, first_position)
-- caller:  StampCursor
SELECT s.first_position, s.last_position, s.outbox_ids, s.recorded_from, s.recorded_to
FROM outbox_stamps s
WHERE s.shard = $1::smallint
  AND s.first_position >= COALESCE((SELECT max(first_position) FROM outbox_stamps
                                    WHERE shard = $1::smallint AND first_position <= $2), $2)
  AND s.first_position < $3 AND s.first_position <= $4
  AND s.last_position >= $2
ORDER BY s.first_position
