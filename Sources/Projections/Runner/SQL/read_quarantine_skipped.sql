-- name:    read_quarantine_skipped
-- purpose: who waits for an event that the model does without meanwhile: an operator skipped it in another epoch
-- params:  $1 quarantine ids bigint[]: who waits in a partition of an epoch
-- effect:  none; the columns of read_quarantine_requests, a skip each that nobody has to ask for; a few at a time
-- index:   quarantine_pkey, quarantine_skips_once
-- caller:  Quarantine
SELECT 0::bigint, 'skip', s.reason, s.actor, q.quarantine_id, q.practitioner_id, q.country_code, q.topic, q.position,
       q.record_offset, q.event_id, q.event_type, q.data_version, q.reason AS fault,
       (SELECT count(*) FROM quarantine_waiting AS w WHERE w.quarantine_id = q.quarantine_id)
FROM quarantine AS q
JOIN quarantine_skips AS s
    ON s.model = q.model AND s.practitioner_id = q.practitioner_id AND s.event_id = q.event_id
WHERE q.quarantine_id = ANY ($1::bigint[]) AND q.ended_at IS NULL
ORDER BY q.quarantine_id
LIMIT 16
