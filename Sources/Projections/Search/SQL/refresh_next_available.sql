-- name:    refresh_next_available
-- purpose: look again for the next free slot where the one known has passed, so that few documents wait for it in a
--          query
-- params:  $1 epoch bigint · $2 kafka_partition smallint · $3 country text · $4 now timestamptz
--          $5 origin date: grid day of slot 0 · $6 grid ids int[] · $7 from slots int[] · $8 to slots int[]
--          $9 starts float8[]: microseconds since 1970 of every slot, one grid after the other · $10 slots a grid int
--          $11 limit int
-- effect:  at most $11 rows; a document that a batch is changing is left to the next time
-- index:   search_documents_by_next
-- caller:  PostgresSearchEngine
WITH grids AS (
    SELECT grid_id, from_slot, to_slot, (ordinal - 1)::int * $10 AS base
    FROM unnest($6::int[], $7::int[], $8::int[]) WITH ORDINALITY AS g (grid_id, from_slot, to_slot, ordinal)
), passed AS (
    SELECT country_code, epoch, practitioner_id
    FROM search_documents
    WHERE country_code = $3 AND epoch = $1 AND kafka_partition = $2 AND active AND next_available < $4
      AND grid_id = ANY ($6::int[])
    ORDER BY next_available
    LIMIT $11
    FOR UPDATE SKIP LOCKED
)
UPDATE search_documents AS d
SET next_available = coalesce(
    to_timestamp(($9::float8[])[
        g.base + (d.first_date - $5) * 24
        + search_first_free(d.free, g.from_slot - (d.first_date - $5) * 24, g.to_slot - (d.first_date - $5) * 24) + 1
    ] / 1e6),
    'infinity')
FROM passed AS p, grids AS g
WHERE (d.country_code, d.epoch, d.practitioner_id) = (p.country_code, p.epoch, p.practitioner_id)
  AND g.grid_id = d.grid_id
