-- name:    read_quarantine_skips
-- purpose: the events that a model does without, by whose they are
-- params:  $1 model text
-- effect:  none
-- index:   quarantine_skips_once
-- caller:  Quarantine
SELECT practitioner_id, event_id FROM quarantine_skips WHERE model = $1 AND event_id IS NOT NULL
