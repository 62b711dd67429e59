-- name:    ensure_event_partitions
-- purpose: create the partitions of countries and of the months ahead
-- params:  $1 countries text[] · $2 months int, at least 1, counted from the current one
-- effect:  creates what is missing and answers the names; safe to repeat
-- caller:  Partitions
SELECT * FROM ensure_event_partitions($1, (now() AT TIME ZONE 'UTC')::date, $2)
