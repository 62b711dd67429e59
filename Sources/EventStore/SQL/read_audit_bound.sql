-- name:    read_audit_bound
-- purpose: what a question begins with: which transactions it sees, what time it is, and since when there are events
-- params:  none
-- effect:  none; one row; the last column is NULL where nothing has happened yet
-- index:   the primary keys of the events' partitions, read from their beginning
-- caller:  AuditReader
SELECT pg_current_snapshot()::text, clock_timestamp(),
       (SELECT recorded_at FROM events ORDER BY event_number LIMIT 1) AS first_recorded_at
