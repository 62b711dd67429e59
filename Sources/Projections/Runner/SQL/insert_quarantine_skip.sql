-- name:    insert_quarantine_skip
-- purpose: do without the event for which a practitioner waits, for good
-- params:  $1 quarantine_id bigint · $2 event_id uuid or NULL · $3 reason text · $4 actor text
-- effect:  one row, or none where the model does without it already
-- index:   quarantine_skips_once
-- caller:  Quarantine
INSERT INTO quarantine_skips (
    quarantine_id, model, practitioner_id, topic, position, event_id, event_type, data_version, fault, reason, actor,
    skipped_at)
SELECT quarantine_id, model, practitioner_id, topic, position, $2::uuid, event_type, data_version, reason, $3::text,
       $4::text, clock_timestamp()
FROM quarantine
WHERE quarantine_id = $1
ON CONFLICT (model, practitioner_id, event_id) DO NOTHING
