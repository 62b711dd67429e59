-- name:    read_event_keys
-- purpose: whose events are, without reading their data
-- params:  $1 event ids uuid[]
-- effect:  none
-- index:   events_by_event_id
-- caller:  BookedHistory
SELECT event_id, country_code, key, second_key FROM events WHERE event_id = ANY ($1::uuid[])
