-- name:    release_shards
-- purpose: hand shards over without waiting for their leases to expire
-- params:  $1 owner text · $2 shards bigint[] · $3 epochs bigint[] · $4 positions acknowledged bigint[] (NULL: no news)
-- effect:  leases that are still this owner's in this epoch expire now; what is acknowledged is marked with them
-- caller:  ShardLeases
WITH held AS MATERIALIZED (
    SELECT l.shard, given.acknowledged
    FROM shard_leases l JOIN unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS given (shard, epoch, acknowledged)
         ON l.shard = given.shard AND l.epoch = given.epoch
    WHERE l.owner = $1
    ORDER BY l.shard
    FOR NO KEY UPDATE OF l
), marked AS (
    INSERT INTO outbox_acknowledged (shard, position, at)
    SELECT shard, acknowledged, clock_timestamp() FROM held WHERE acknowledged IS NOT NULL
    ON CONFLICT DO NOTHING
)
UPDATE shard_leases l
SET expires_at = '-infinity', owner = ''
FROM held
WHERE l.shard = held.shard
RETURNING l.shard
