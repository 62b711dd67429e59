-- name:    list_quarantine_skips
-- purpose: which events operators decided to do without, and why
-- params:  $1 model text or NULL · $2 quarantine_id bigint or NULL · $3 limit bigint
-- effect:  none; the latest first
-- index:   quarantine_skips_pkey
-- caller:  QuarantineOffice
SELECT quarantine_id, model, practitioner_id, topic, position, event_id, event_type, data_version, fault, reason, actor,
       skipped_at
FROM quarantine_skips
WHERE ($1::text IS NULL OR model = $1) AND ($2::bigint IS NULL OR quarantine_id = $2)
ORDER BY skip_id DESC
LIMIT $3
