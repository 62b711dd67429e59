-- name:    locate_events
-- purpose: say at which positions events stand that a fold could not take in
-- params:  $1 event ids uuid[]
-- effect:  none; a row a side that has its position: event id, shard, position
-- index:   events_by_event_id; outbox_stamps is searched by time, as this is rare
-- caller:  Quarantine
SELECT e.event_id, s.shard, s.first_position + array_position(s.outbox_ids, e.event_number * 2 + side) - 1
FROM events AS e
CROSS JOIN generate_series(0, CASE WHEN e.second_key IS NULL THEN 0 ELSE 1 END) AS side
JOIN outbox_stamps AS s
    ON s.shard = CASE side WHEN 0 THEN e.shard ELSE e.second_shard END
    AND s.recorded_from <= e.recorded_at AND s.recorded_to >= e.recorded_at
    AND s.outbox_ids @> ARRAY[e.event_number * 2 + side]
WHERE e.event_id = ANY ($1::uuid[])
