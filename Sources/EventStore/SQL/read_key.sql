-- name:    read_key
-- purpose: what happened to one practitioner, or in one practitioner's bookings, up to a position of the shard
-- params:  $1 key uuid · $2 shard bigint · $3 last position bigint · $4 relevant since date (NULL: all): what says
--          something about this grid day or a later one, or about all
-- effect:  none; in the order of positions
-- index:   events_by_key, events_by_second_key; outbox_stamps_by_time
-- caller:  EventReader
SELECT e.event_number, e.recorded_at, e.event_id, e.stream, e.stream_version, e.type, e.data_version, e.data,
       e.occurred_at, e.correlation_id, e.causation_id, e.actor_role, e.actor_subject, e.traceparent, e.zone_rules,
       e.country_code, e.key, e.second_key, e.shard, e.second_shard, n.position, k.side
FROM events e
CROSS JOIN LATERAL (VALUES (0, e.key, e.shard), (1, e.second_key, e.second_shard)) AS k (side, key, shard)
CROSS JOIN LATERAL (
    SELECT s.first_position + array_position(s.outbox_ids, e.event_number * 2 + k.side) - 1 AS position
    FROM outbox_stamps s
    WHERE s.shard = k.shard AND s.recorded_to >= e.recorded_at AND s.recorded_from <= e.recorded_at
      AND e.event_number * 2 + k.side = ANY (s.outbox_ids)
    LIMIT 1
) AS n
WHERE (e.key = $1::uuid OR e.second_key = $1) AND k.key = $1 AND k.shard = $2::smallint AND n.position <= $3::bigint
  AND ($4::date IS NULL OR e.relevant_until IS NULL OR e.relevant_until >= $4)
ORDER BY n.position
