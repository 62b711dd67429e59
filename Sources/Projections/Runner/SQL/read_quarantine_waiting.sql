-- name:    read_quarantine_waiting
-- purpose: which events wait behind one that could not be taken in
-- params:  $1 quarantine_id bigint · $2 limit bigint
-- effect:  none
-- index:   quarantine_waiting_pkey
-- caller:  QuarantineOffice
SELECT topic, position FROM quarantine_waiting WHERE quarantine_id = $1 ORDER BY topic, position LIMIT $2
