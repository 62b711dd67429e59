-- name:    read_rows_to_seal
-- purpose: the rows of a shard by position with everything that is sealed of them: position, side, and every column of
--          events in the order of the table
-- params:  $1 shard bigint · $2 after position bigint · $3 limit bigint
-- effect:  none; the rows of up to $3 positions from position $2 + 1 on, in order; a position whose row is gone is
--          missing, one that has two rows comes twice
-- index:   outbox_stamps_pkey (shard, first_position); the primary keys of the events' partitions, each asked once for
--          all numbers, and only those whose months the stamps allow
-- caller:  SealedRows, HistoryExport; CanonicalRow knows the columns by their places
WITH numbered AS MATERIALIZED (
    SELECT s.first_position + u.place - 1 AS position, u.outbox_id >> 1 AS event_number, (u.outbox_id & 1)::int AS side,
           s.recorded_from, s.recorded_to
    FROM outbox_stamps s CROSS JOIN LATERAL unnest(s.outbox_ids) WITH ORDINALITY AS u (outbox_id, place)
    WHERE s.shard = $1::smallint
      AND s.first_position >= COALESCE((SELECT max(first_position) FROM outbox_stamps
                                        WHERE shard = $1::smallint AND first_position <= $2 + 1), 1)
      AND s.first_position <= $2 + $3
      AND s.first_position + u.place - 1 > $2
      AND s.first_position + u.place - 1 <= $2 + $3
), found AS MATERIALIZED (
    SELECT *
    FROM events
    WHERE event_number = ANY (ARRAY(SELECT event_number FROM numbered))
      AND recorded_at >= (SELECT min(recorded_from) FROM numbered)
      AND recorded_at <= (SELECT max(recorded_to) FROM numbered)
)
SELECT n.position, n.side,
       e.country_code, e.recorded_at, e.event_number, e.event_id, e.stream, e.stream_version, e.type, e.data_version,
       e.data, e.occurred_at, e.correlation_id, e.causation_id, e.actor_role, e.actor_subject, e.traceparent,
       e.zone_rules, e.key, e.second_key, e.shard, e.second_shard, e.relevant_until, e.patient_id
FROM numbered n
JOIN found e ON e.event_number = n.event_number AND e.recorded_at BETWEEN n.recorded_from AND n.recorded_to
ORDER BY n.position
