-- name:    advance_epochs
-- purpose: fence off whatever this owner may still have running, after a lost connection or a commit of unknown outcome
-- params:  $1 owner text · $2 shards bigint[] · $3 epochs bigint[] · $4 milliseconds of the lease bigint
-- effect:  waits for a statement of the old epoch that is still running; leases that are still this owner's get a new
--          epoch and expiry, and are answered
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
SET epoch = l.epoch + 1, expires_at = clock_timestamp() + $4 * interval '1 millisecond'
FROM held
WHERE l.shard = held.shard
RETURNING l.shard, l.epoch
