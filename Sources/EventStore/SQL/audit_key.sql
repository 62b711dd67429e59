-- name:    audit_key
-- purpose: what happened to a practitioner's bookings, for an auditor
-- params:  $1 practitioner uuid · $2 country text (NULL: all) · $3 from timestamptz
--          $4 to timestamptz, not in it · $5 types text[] (NULL: all) · $6 actor role text (NULL: all)
--          $7 actor subject text (NULL: all) · $8 after recorded at timestamptz · $9 after event number bigint
--          $10 long ago timestamptz · $11 snapshot text · $12 limit bigint
--          $13 relevant since date (NULL: all): what says something about this grid day or a later one, or about all
-- effect:  none; up to $12 events that were there in the snapshot, in the order of time and number, each with its
--          positions as far as they are given
-- index:   events_by_key, events_by_second_key; outbox_stamps_by_time for positions
-- caller:  AuditReader
WITH page AS MATERIALIZED (
    SELECT e.event_number, e.recorded_at, e.event_id, e.stream, e.stream_version, e.type, e.data_version, e.data,
           e.occurred_at, e.correlation_id, e.causation_id, e.actor_role, e.actor_subject, e.traceparent, e.zone_rules,
           e.country_code, e.key, e.second_key, e.shard, e.second_shard
    FROM events e
    WHERE (e.key = $1 OR e.second_key = $1)
      AND ($2::text IS NULL OR e.country_code = $2)
      AND e.recorded_at >= $3 AND e.recorded_at < $4
      AND ($5::text[] IS NULL OR e.type = ANY ($5))
      AND ($6::text IS NULL OR e.actor_role = $6)
      AND ($7::text IS NULL OR e.actor_subject = $7)
      AND ($13::date IS NULL OR e.relevant_until IS NULL OR e.relevant_until >= $13)
      AND (e.recorded_at, e.event_number) > ($8::timestamptz, $9::bigint)
      AND was_there(e.xmin, e.recorded_at, $10::timestamptz, $11::text::pg_snapshot)
    ORDER BY e.recorded_at, e.event_number
    LIMIT $12
)
SELECT p.*, one.position, two.position AS second_position
FROM page p
LEFT JOIN LATERAL (
    SELECT s.first_position + array_position(s.outbox_ids, p.event_number * 2) - 1 AS position
    FROM outbox_stamps s
    WHERE s.shard = p.shard AND s.recorded_to >= p.recorded_at AND s.recorded_from <= p.recorded_at
      AND p.event_number * 2 = ANY (s.outbox_ids)
    ORDER BY s.recorded_to
    LIMIT 1
) AS one ON true
LEFT JOIN LATERAL (
    SELECT s.first_position + array_position(s.outbox_ids, p.event_number * 2 + 1) - 1 AS position
    FROM outbox_stamps s
    WHERE s.shard = p.second_shard AND s.recorded_to >= p.recorded_at AND s.recorded_from <= p.recorded_at
      AND p.event_number * 2 + 1 = ANY (s.outbox_ids)
    ORDER BY s.recorded_to
    LIMIT 1
) AS two ON true
ORDER BY p.recorded_at, p.event_number
