-- name:    end_expired_sessions
-- purpose: free leases that expired while a statement of their owner still locks them
-- params:  $1 prefix of the sessions' application name text
-- effect:  ends the sessions of owners whose leases have all expired. A process that was stopped (SIGSTOP) in the
--          middle of reading an answer holds the lock for ever: the server waits for it to read on, and cannot be
--          interrupted.
-- caller:  ShardLeases, after it got fewer shards than are free
SELECT pg_terminate_backend(a.pid)
FROM shard_leases l
JOIN pg_stat_activity a ON a.application_name = $1 || l.owner
WHERE l.owner <> '' AND l.expires_at < clock_timestamp()
  AND NOT EXISTS (SELECT FROM shard_leases o WHERE o.owner = l.owner AND o.expires_at >= clock_timestamp())
  AND a.datname = current_database() AND a.pid <> pg_backend_pid()
