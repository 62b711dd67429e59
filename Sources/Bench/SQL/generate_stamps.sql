-- name:    generate_stamps
-- purpose: positions for generated events, in batches as a relayer's
-- params:  $1 first event number bigint · $2 last event number bigint · $3 events of a batch bigint
-- effect:  rows of outbox_stamps, dense after those that are there
-- caller:  SealedHistory
WITH known AS MATERIALIZED (  -- looked up once, not for every event
    SELECT shards.shard,
           COALESCE((
               SELECT s.last_position FROM outbox_stamps s WHERE s.shard = shards.shard
               ORDER BY s.first_position DESC LIMIT 1), 0) AS last
    FROM generate_series(0, 5) AS shards (shard)
)
INSERT INTO outbox_stamps (shard, first_position, last_position, outbox_ids, recorded_from, recorded_to, stamped_at,
                           epoch)
SELECT numbered.shard, known.last + min(numbered.place) + 1, known.last + max(numbered.place) + 1,
       array_agg(numbered.event_number * 2 ORDER BY numbered.event_number), min(numbered.recorded_at),
       max(numbered.recorded_at), max(numbered.recorded_at) + interval '2 milliseconds', 1
FROM (
    SELECT e.shard, e.event_number, e.recorded_at,
           row_number() OVER (PARTITION BY e.shard ORDER BY e.event_number) - 1 AS place
    FROM events e
    WHERE e.event_number BETWEEN $1 AND $2
) AS numbered
JOIN known ON known.shard = numbered.shard
GROUP BY numbered.shard, known.last, numbered.place / $3
