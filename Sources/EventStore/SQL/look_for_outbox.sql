-- name:    look_for_outbox
-- purpose: see whether there is anything to drain without writing a lock into the lease rows
-- params:  $1 shards bigint[] · $2 floor bigint
-- effect:  none
-- index:   outbox_pkey from the floor on
-- caller:  RelayLane, when it has been idle for its poll interval
SELECT EXISTS (
    SELECT FROM outbox WHERE outbox_id > $2 AND shard = ANY (ARRAY(SELECT unnest($1::bigint[])::smallint))
)
