-- name:    finish_quarantine_request
-- purpose: tell an operator's command what came of it
-- params:  $1 request_id bigint · $2 outcome text · $3 drained bigint or NULL · $4 detail text or NULL
-- effect:  one row
-- index:   quarantine_requests_pkey
-- caller:  Quarantine
UPDATE quarantine_requests
SET finished_at = clock_timestamp(), outcome = $2::text, drained = $3::bigint, detail = $4::text
WHERE request_id = $1 AND finished_at IS NULL
