-- name:    read_store_reach
-- purpose: what a store's positions cover: a shard's first one, the last one stamped, the last one acknowledged
-- params:  none
-- effect:  none; a row a shard in order, 0 where there is none; whether somebody owns the shard now
-- index:   outbox_stamps_pkey, outbox_acknowledged_pkey, read from both ends
-- caller:  StoreProbe
SELECT l.shard,
       COALESCE((SELECT s.first_position FROM outbox_stamps s WHERE s.shard = l.shard
                 ORDER BY s.first_position LIMIT 1), 0) AS first_position,
       COALESCE((SELECT s.last_position FROM outbox_stamps s WHERE s.shard = l.shard
                 ORDER BY s.first_position DESC LIMIT 1), 0) AS stamped,
       COALESCE((SELECT max(a.position) FROM outbox_acknowledged a WHERE a.shard = l.shard), 0) AS acknowledged,
       l.expires_at > clock_timestamp() AS is_owned
FROM shard_leases l
ORDER BY l.shard
