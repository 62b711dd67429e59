-- name:    acquire_shards
-- purpose: take shards that nobody holds
-- params:  $1 owner text · $2 shards at most bigint · $3 milliseconds of the lease bigint
-- effect:  up to $2 leases that have expired get this owner, a new epoch and an expiry; a lease that a stamping
--          statement still locks is skipped and stays for the next time
-- caller:  ShardLeases
UPDATE shard_leases
SET owner = $1, epoch = epoch + 1, expires_at = clock_timestamp() + $3 * interval '1 millisecond'
WHERE shard IN (
    SELECT shard FROM shard_leases
    WHERE expires_at <= clock_timestamp()
    ORDER BY shard
    LIMIT $2
    FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING shard, epoch
