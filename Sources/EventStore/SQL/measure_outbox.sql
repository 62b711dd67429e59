-- name:    measure_outbox
-- purpose: how much waits in the outbox, and for how long
-- params:  $1 shards bigint[] · $2 floor bigint · $3 count at most bigint
-- effect:  none; the depth of these shards, not counting beyond $3, and the age of the first row in microseconds
-- index:   outbox_pkey from the floor on
-- caller:  Relayer, every second
SELECT count(*),
       COALESCE((extract(epoch FROM clock_timestamp() - min(recorded_at)) * 1000000)::bigint, 0)
FROM (
    SELECT recorded_at FROM outbox
    WHERE outbox_id > $2 AND shard = ANY (ARRAY(SELECT unnest($1::bigint[])::smallint))
    ORDER BY outbox_id
    LIMIT $3
) AS waiting
