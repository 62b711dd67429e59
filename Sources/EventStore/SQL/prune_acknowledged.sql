-- name:    prune_acknowledged
-- purpose: forget all but the last mark of each shard
-- params:  none
-- effect:  deletes marks below the greatest of their shard
-- index:   outbox_acknowledged_pkey (shard, position)
-- caller:  Relayer, every few seconds
DELETE FROM outbox_acknowledged a
USING (SELECT shard, max(position) AS position FROM outbox_acknowledged GROUP BY shard) AS last
WHERE a.shard = last.shard AND a.position < last.position
