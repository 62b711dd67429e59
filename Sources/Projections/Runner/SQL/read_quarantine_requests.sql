-- name:    read_quarantine_requests
-- purpose: what operators ask for in a partition of a model's epoch, the oldest first
-- params:  $1 quarantine ids bigint[]: who waits there
-- effect:  none; a few at a time, so that events do not wait behind many of them
-- index:   quarantine_requests_open
-- caller:  Quarantine
SELECT r.request_id, r.action, r.reason, r.actor, q.quarantine_id, q.practitioner_id, q.country_code, q.topic,
       q.position, q.record_offset, q.event_id, q.event_type, q.data_version, q.reason AS fault,
       (SELECT count(*) FROM quarantine_waiting AS w WHERE w.quarantine_id = q.quarantine_id)
FROM quarantine_requests AS r
JOIN quarantine AS q USING (quarantine_id)
WHERE r.quarantine_id = ANY ($1::bigint[]) AND r.finished_at IS NULL AND r.withdrawn_at IS NULL
ORDER BY r.request_id
LIMIT 16
