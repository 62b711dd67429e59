-- name:    describe_positions
-- purpose: which event stands at a position, as far as one does: ids only
-- params:  $1 shard bigint · $2 positions bigint[]
-- effect:  none; a row a position that was given, with NULL where its event is gone
-- index:   outbox_stamps_pkey (shard, first_position), the primary keys of the events' partitions
-- caller:  FindingDetails
SELECT wanted.position, stamp.outbox_id >> 1 AS event_number, (stamp.outbox_id & 1)::int AS side,
       e.event_id, e.stream, e.stream_version, e.recorded_at
FROM unnest($2::bigint[]) AS wanted (position)
CROSS JOIN LATERAL (
    SELECT s.outbox_ids[wanted.position - s.first_position + 1] AS outbox_id
    FROM outbox_stamps s
    WHERE s.shard = $1::smallint AND s.first_position <= wanted.position AND s.last_position >= wanted.position
    ORDER BY s.first_position DESC
    LIMIT 1
) AS stamp
LEFT JOIN events e ON e.event_number = stamp.outbox_id >> 1
WHERE stamp.outbox_id IS NOT NULL
ORDER BY wanted.position
