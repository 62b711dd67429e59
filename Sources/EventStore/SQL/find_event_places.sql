-- name:    find_event_places
-- purpose: the shards and positions of an event by its id
-- params:  $1 event id uuid
-- effect:  none; a row a side, position NULL while it waits for one
-- index:   events_by_event_id (event_id); outbox_stamps_by_time for positions
-- caller:  ProofMaker
SELECT side.shard, (
           SELECT s.first_position + array_position(s.outbox_ids, side.outbox_id) - 1
           FROM outbox_stamps s
           WHERE s.shard = side.shard AND s.recorded_to >= e.recorded_at AND s.recorded_from <= e.recorded_at
             AND side.outbox_id = ANY (s.outbox_ids)
           ORDER BY s.recorded_to
           LIMIT 1
       ) AS position
FROM events e
CROSS JOIN LATERAL (VALUES (e.shard, e.event_number * 2), (e.second_shard, e.event_number * 2 + 1))
     AS side (shard, outbox_id)
WHERE e.event_id = $1 AND side.shard IS NOT NULL
ORDER BY side.outbox_id
