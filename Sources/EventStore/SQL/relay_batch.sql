-- name:    relay_batch
-- purpose: give the next positions of some shards, if they are still held, and answer their events for publication
-- params:  $1 owner text · $2 shards bigint[] · $3 epochs bigint[] · $4 last positions bigint[]
--          $5 positions newly acknowledged bigint[] (NULL: nothing new) · $6 floor bigint · $7 limit bigint
-- effect:  locks the lease rows that still have this owner, epoch and last position, in order of shards; deletes up to
--          $7 of their outbox rows; writes one stamp a shard and one mark a shard with news; nothing for shards that
--          are lost. Answers first one row a shard that is held (position NULL, with the figures of the floor), then
--          one row an outbox row in the order of outbox ids.
-- order:   positions follow outbox ids, which were drawn under the head rows' locks (see append_events). What is
--          unstamped is what the outbox holds, never "id > last": smaller ids commit later. The floor only shortens the
--          scan, see ScanFloor.
-- fence:   a new owner's UPDATE of the lease waits for this transaction or makes the lock find another epoch; beyond
--          that the primary key of outbox_stamps refuses a second first position.
-- index:   outbox_pkey from the floor on; outbox rows by ctid; events by the primary keys of their partitions
-- caller:  RelayLane
WITH asked AS MATERIALIZED (
    SELECT shard::smallint AS shard, epoch, last_position, acknowledged
    FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
         AS given (shard, epoch, last_position, acknowledged)
), held AS MATERIALIZED (
    SELECT l.shard, l.epoch, a.last_position, a.acknowledged
    FROM shard_leases l JOIN asked a ON a.shard = l.shard
    WHERE l.owner = $1 AND l.epoch = a.epoch AND l.expires_at > clock_timestamp()
      AND NOT EXISTS (SELECT FROM outbox_stamps s WHERE s.shard = a.shard AND s.first_position > a.last_position)
    ORDER BY l.shard
    FOR NO KEY UPDATE OF l
), picked AS MATERIALIZED (
    SELECT o.ctid AS place
    FROM outbox o
    WHERE o.outbox_id > $6 AND o.shard = ANY (ARRAY(SELECT shard FROM held))
    ORDER BY o.outbox_id
    LIMIT $7
), deleted AS (
    DELETE FROM outbox
    WHERE ctid = ANY (ARRAY(SELECT place FROM picked))
    RETURNING outbox_id, shard, event_number, country_code, recorded_at
), numbered AS MATERIALIZED (
    SELECT d.outbox_id, d.shard, d.event_number, d.country_code, d.recorded_at, h.epoch,
           h.last_position + row_number() OVER (PARTITION BY d.shard ORDER BY d.outbox_id) AS position
    FROM deleted d JOIN held h ON h.shard = d.shard
), stamped AS (
    INSERT INTO outbox_stamps (shard, first_position, last_position, outbox_ids, recorded_from, recorded_to,
                               stamped_at, epoch)
    SELECT shard, min(position), max(position), array_agg(outbox_id ORDER BY outbox_id), min(recorded_at),
           max(recorded_at), clock_timestamp(), max(epoch)
    FROM numbered
    GROUP BY shard
), marked AS (
    INSERT INTO outbox_acknowledged (shard, position, at)
    SELECT shard, acknowledged, clock_timestamp() FROM held WHERE acknowledged IS NOT NULL
    ON CONFLICT DO NOTHING
)
SELECT NULL::bigint AS event_number, NULL::timestamptz AS recorded_at, NULL::uuid AS event_id, NULL::text AS stream,
       NULL::bigint AS stream_version, NULL::text AS type, NULL::int AS data_version, NULL::bytea AS data,
       NULL::timestamptz AS occurred_at, NULL::text AS correlation_id, NULL::text AS causation_id,
       NULL::text AS actor_role, NULL::text AS actor_subject, NULL::text AS traceparent, NULL::text AS zone_rules,
       NULL::text AS country_code, NULL::uuid AS key, NULL::uuid AS second_key, h.shard,
       NULL::smallint AS second_shard, NULL::bigint AS position, NULL::int AS side, NULL::bigint AS age,
       NULL::bigint AS outbox_id, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest_running,
       pg_current_xact_id()::text::bigint AS own_transaction,
       COALESCE(pg_sequence_last_value('event_numbers'::regclass), 0) AS last_number
FROM held h
UNION ALL
SELECT n.event_number, n.recorded_at, e.event_id, e.stream, e.stream_version, e.type, e.data_version, e.data,
       e.occurred_at, e.correlation_id, e.causation_id, e.actor_role, e.actor_subject, e.traceparent, e.zone_rules,
       n.country_code, e.key, e.second_key, n.shard, e.second_shard, n.position, (n.outbox_id & 1)::int,
       (extract(epoch FROM clock_timestamp() - n.recorded_at) * 1000000)::bigint, n.outbox_id, NULL, NULL, NULL
FROM (SELECT * FROM numbered ORDER BY outbox_id) AS n
JOIN events e ON e.event_number = n.event_number AND e.recorded_at = n.recorded_at AND e.country_code = n.country_code
