-- name:    insert_quarantine_waiting
-- purpose: note events that went by while their practitioner waits
-- params:  $1 quarantine ids bigint[] · $2 topics text[] · $3 positions bigint[], all of one length
-- effect:  one row each; what came before changes nothing, and the event for which they wait is none of them
-- index:   quarantine_waiting_pkey
-- caller:  Quarantine
INSERT INTO quarantine_waiting (quarantine_id, topic, position)
SELECT n.quarantine_id, n.topic, n.position
FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS n (quarantine_id, topic, position)
JOIN quarantine AS q USING (quarantine_id)
WHERE (n.topic, n.position) IS DISTINCT FROM (q.topic, COALESCE(q.position, q.record_offset))
ON CONFLICT DO NOTHING
