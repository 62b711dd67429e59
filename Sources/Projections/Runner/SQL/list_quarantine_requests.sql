-- name:    list_quarantine_requests
-- purpose: what was asked for somebody in quarantine, and what came of it
-- params:  $1 quarantine_id bigint · $2 limit bigint
-- effect:  none; the latest first
-- index:   quarantine_requests_pkey
-- caller:  QuarantineOffice
SELECT action, reason, actor, requested_at, finished_at, withdrawn_at, outcome, drained, detail
FROM quarantine_requests
WHERE quarantine_id = $1
ORDER BY request_id DESC
LIMIT $2
