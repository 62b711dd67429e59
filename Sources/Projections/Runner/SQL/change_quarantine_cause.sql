-- name:    change_quarantine_cause
-- purpose: name the event for which a practitioner waits now: an attempt may have come further than the one before
-- params:  $1 quarantine_id bigint · $2 topic text · $3 position bigint · $4 record_offset bigint · $5 event_id uuid
--          $6 event_type text · $7 data_version int · $8 reason text
-- effect:  one row
-- index:   quarantine_pkey
-- caller:  Quarantine
UPDATE quarantine
SET topic = $2::text, position = $3::bigint, record_offset = $4::bigint, event_id = $5::uuid, event_type = $6::text,
    data_version = $7::int, reason = $8::text
WHERE quarantine_id = $1 AND ended_at IS NULL
