-- name:    read_long_transactions
-- purpose: transactions that are open for long: they keep head rows locked or rows from being cleaned
-- params:  $1 seconds bigint
-- effect:  none; oldest first; who and in which state only as far as pg_stat_activity shows it to this role
-- index:   none: views over shared memory
-- caller:  LongTransaction
SELECT a.pid, COALESCE(a.application_name, ''), COALESCE(a.usename, ''), COALESCE(a.state, ''), a.xact_start,
       (extract(epoch FROM clock_timestamp() - a.xact_start) * 1000000)::bigint,
       EXISTS (SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
               WHERE l.pid = a.pid AND l.granted AND l.mode IN ('RowShareLock', 'RowExclusiveLock')
                 AND c.relname ~ '^calendars(_|$)') AS holds_calendars
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
  AND a.xact_start < clock_timestamp() - make_interval(secs => $1::bigint)
ORDER BY a.xact_start
