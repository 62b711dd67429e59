-- name:    renew_shards
-- purpose: stay the owner
-- params:  $1 owner text · $2 shards bigint[] · $3 epochs bigint[] · $4 milliseconds of the lease bigint
-- effect:  leases that are still this owner's in this epoch and have not expired get a later expiry, and are answered;
--          an expired one is given up even if nobody has taken it
-- caller:  ShardLeases
WITH held AS MATERIALIZED (
    SELECT l.shard
    FROM shard_leases l JOIN unnest($2::bigint[], $3::bigint[]) AS given (shard, epoch)
         ON l.shard = given.shard AND l.epoch = given.epoch
    WHERE l.owner = $1 AND l.expires_at > clock_timestamp()
    ORDER BY l.shard
    FOR NO KEY UPDATE OF l
)
UPDATE shard_leases l
SET expires_at = clock_timestamp() + $4 * interval '1 millisecond'
FROM held
WHERE l.shard = held.shard
RETURNING l.shard
