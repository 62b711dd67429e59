-- name:    withdraw_quarantine_requests
-- purpose: take back what nobody has carried out: the command does not wait any longer
-- params:  $1 request ids bigint[]
-- effect:  those without an outcome; answers them
-- index:   quarantine_requests_pkey
-- caller:  QuarantineOffice
UPDATE quarantine_requests SET withdrawn_at = clock_timestamp()
WHERE request_id = ANY ($1::bigint[]) AND finished_at IS NULL
RETURNING request_id
