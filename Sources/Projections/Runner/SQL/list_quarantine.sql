-- name:    list_quarantine
-- purpose: who waits in quarantine, or once did, for operators
-- params:  $1 model text or NULL · $2 quarantine_id bigint or NULL · $3 whether those who left it come too, boolean
--          $4 limit bigint
-- effect:  none; the longest waiting first, then those who left it last; epochs that are gone are left out
-- index:   quarantine_open_by_partition, quarantine_pkey
-- caller:  QuarantineOffice
SELECT q.quarantine_id, q.model, q.epoch, q.kafka_partition, q.practitioner_id, q.country_code, q.topic, q.position,
       q.record_offset, q.event_id, q.event_type, q.data_version, q.reason, q.since, q.ended_at, q.outcome, q.drained,
       (SELECT count(*) FROM quarantine_waiting AS w WHERE w.quarantine_id = q.quarantine_id)
FROM quarantine AS q
WHERE ($1::text IS NULL OR q.model = $1) AND ($2::bigint IS NULL OR q.quarantine_id = $2)
  AND ($3 OR q.ended_at IS NULL)
  AND ($3 OR NOT EXISTS (
      SELECT FROM projection_epochs AS e
      WHERE e.model = q.model AND e.epoch = q.epoch AND e.state IN ('failed', 'dropping', 'dropped')))
ORDER BY q.ended_at DESC NULLS FIRST, q.since, q.quarantine_id
LIMIT $4
