-- name:    read_outbox_depth
-- purpose: how much waits for a position in one database, and for how long
-- params:  $1 country text, NULL: all
-- effect:  none; rows that wait, age of the oldest in microseconds by the database's clock, 0 where none waits
-- index:   none: the outbox is small unless something is wrong, and then all of it is what is asked for
-- caller:  StoreProbe
SELECT count(*),
       COALESCE((extract(epoch FROM clock_timestamp() - min(recorded_at)) * 1000000)::bigint, 0)
FROM outbox
WHERE $1::text IS NULL OR country_code = $1::text
