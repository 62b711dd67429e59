-- name:    read_quarantine_outcomes
-- purpose: what came of requests; one of somebody who left quarantine otherwise, such as by a baseline, is answered too
-- params:  $1 request ids bigint[]
-- effect:  none; those that are answered
-- index:   quarantine_requests_pkey, quarantine_pkey
-- caller:  QuarantineOffice
SELECT r.request_id, COALESCE(r.outcome, 'gone'), COALESCE(r.drained, q.drained), r.detail, q.outcome
FROM quarantine_requests AS r
JOIN quarantine AS q USING (quarantine_id)
WHERE r.request_id = ANY ($1::bigint[]) AND (r.finished_at IS NOT NULL OR q.ended_at IS NOT NULL)
