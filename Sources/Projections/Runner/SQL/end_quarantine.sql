-- name:    end_quarantine
-- purpose: let practitioners flow again
-- params:  $1 quarantine ids bigint[] · $2 outcome text · $3 drained bigint or NULL
-- effect:  those that still waited; rows of events that waited with them go
-- index:   quarantine_pkey, quarantine_waiting_pkey
-- caller:  Quarantine
WITH ended AS (
    UPDATE quarantine SET ended_at = clock_timestamp(), outcome = $2::text, drained = $3::bigint
    WHERE quarantine_id = ANY ($1::bigint[]) AND ended_at IS NULL
    RETURNING quarantine_id
)
DELETE FROM quarantine_waiting WHERE quarantine_id IN (SELECT quarantine_id FROM ended)
