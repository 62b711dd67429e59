-- name:    insert_quarantine_requests
-- purpose: ask whoever has the partitions to let practitioners go on
-- params:  $1 quarantine ids bigint[] · $2 action text · $3 reason text · $4 actor text
-- effect:  one row for each that still waits; answers request and quarantine
-- index:   quarantine_pkey
-- caller:  QuarantineOffice
INSERT INTO quarantine_requests (quarantine_id, action, reason, actor, requested_at)
SELECT quarantine_id, $2::text, $3::text, $4::text, clock_timestamp()
FROM quarantine
WHERE quarantine_id = ANY ($1::bigint[]) AND ended_at IS NULL
ORDER BY quarantine_id
RETURNING request_id, quarantine_id
