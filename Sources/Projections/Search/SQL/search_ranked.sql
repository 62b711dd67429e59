-- name:    search_ranked
-- purpose: one page of active practitioners where each candidate has to be looked at: near a place, in a window, by
--          name
-- params:  $1 epoch bigint · $2 country text · $3 specialty key text or NULL · $4 language key text or NULL
--          $5 beginnings of names text[], folded · $6 latitude · $7 longitude float8 or NULL · $8 radius float8, metres
--          $9 south · $10 north · $11 west · $12 east · $13 second west · $14 second east float8: the box around the
--          circle, cut in two at 180 degrees · $15 origin date: grid day of slot 0 · $16 grid ids int[]
--          $17 from slots int[] · $18 to slots int[] · $19 starts float8[]: microseconds since 1970 of every slot, one
--          grid after the other · $20 slots a grid int · $21 windowed boolean: leave out who has no free slot from
--          `from` to `to`
--          $22 order text: `soonest`, `distance`, else what fits a name best, then the nearest or soonest
--          $23 grade int · $24 rank float8 · $25 practitioner id uuid: after these · $26 limit int
--          $27 from times timestamptz[] · $28 to times timestamptz[]: for each grid what counts, beyond the numbered
--          slots too
-- effect:  none
-- index:   those of the candidates
-- caller:  PostgresSearchEngine, which puts one of the files candidates_… in the place of the word in braces
-- note:    MATERIALIZED, because distances and free slots are then computed once and not at each mention
WITH grids AS MATERIALIZED (
    SELECT grid_id, from_slot, to_slot, from_time, to_time, (ordinal - 1)::int * $20::int AS base
    FROM unnest($16::int[], $17::int[], $18::int[], $27::timestamptz[], $28::timestamptz[])
        WITH ORDINALITY AS g (grid_id, from_slot, to_slot, from_time, to_time, ordinal)
), candidates AS (
{candidates}
), measured AS MATERIALIZED (
    SELECT practitioner_id, grade, grid_id, free, next_available, (first_date - $15::date) * 24 AS shift,
           CASE WHEN $6::float8 IS NOT NULL
               THEN search_metres($6::float8, $7::float8, latitude, longitude) END AS metres
    FROM candidates
    WHERE ($3::text IS NULL OR specialty_key = $3) AND ($4::text IS NULL OR $4 = ANY (language_keys))
), ranked AS MATERIALIZED (
    SELECT m.practitioner_id, m.grade, m.metres,
        CASE WHEN $22::text = 'distance' AND NOT $21::bool THEN 0 ELSE coalesce(
        ($19::float8[])[g.base + m.shift + search_first_free(m.free, g.from_slot - m.shift, g.to_slot - m.shift) + 1],
        -- known, and later than the free bits
        CASE WHEN m.next_available >= g.from_time AND m.next_available < g.to_time
            THEN (extract(epoch FROM m.next_available) * 1000000)::float8 END,
        'Infinity') END AS soonest
    FROM measured AS m
    LEFT JOIN grids AS g ON g.grid_id = m.grid_id
    WHERE m.metres IS NULL OR m.metres <= $8::float8
), page AS (
    SELECT r.practitioner_id, o.grade, o.rank, r.metres
    FROM ranked AS r
    CROSS JOIN LATERAL (
        SELECT CASE WHEN $22 IN ('soonest', 'distance') THEN 0 ELSE r.grade END AS grade,
               CASE WHEN $22 = 'soonest' OR r.metres IS NULL THEN r.soonest ELSE r.metres END AS rank
    ) AS o
    WHERE (r.soonest < 'Infinity' OR NOT $21)
      AND (o.grade, o.rank, r.practitioner_id) > ($23::int, $24::float8, $25::uuid)
    ORDER BY o.grade, o.rank, r.practitioner_id
    LIMIT $26::int
)
SELECT d.country_code, d.practitioner_id, d.kafka_partition, d.profile_sequence, d.profile_version, d.active,
       d.display_name, d.specialty, d.languages, d.latitude, d.longitude, d.street, d.postal_code, d.city,
       g.time_zone, g.day_start, g.slot_minutes, d.consultation_codes, d.consultation_slots, d.accepts_new_patients,
       d.first_date, d.free::text, d.next_available, d.booking_source, d.practitioner_source, d.as_of,
       p.grade, p.rank, p.metres
FROM page AS p
JOIN search_documents AS d ON d.country_code = $2 AND d.epoch = $1 AND d.practitioner_id = p.practitioner_id
LEFT JOIN search_grids AS g ON g.grid_id = d.grid_id
ORDER BY p.grade, p.rank, p.practitioner_id
