-- name:    read_shard_heads
-- purpose: how far each shard is stamped and acknowledged, in one snapshot
-- params:  none
-- effect:  none; a row a shard, 0 where nothing was stamped or acknowledged yet
-- index:   outbox_stamps_pkey, outbox_acknowledged_pkey, read from the end
-- caller:  EventReader, Relayer
SELECT l.shard,
       COALESCE((SELECT s.last_position FROM outbox_stamps s WHERE s.shard = l.shard
                 ORDER BY s.first_position DESC LIMIT 1), 0) AS stamped,
       COALESCE((SELECT max(a.position) FROM outbox_acknowledged a WHERE a.shard = l.shard), 0) AS acknowledged
FROM shard_leases l
ORDER BY l.shard
