-- name:    find_positions_of_time
-- purpose: which positions of a shard hold the events that were recorded within a stretch of time
-- params:  $1 shard bigint · $2 from timestamptz · $3 to timestamptz, not in it
-- effect:  none; one row, NULL where nothing was recorded then; whole rows of outbox_stamps
-- caller:  HistoryReading
SELECT min(first_position), max(last_position)
FROM outbox_stamps
WHERE shard = $1::smallint AND recorded_to >= $2 AND recorded_from < $3
