-- name:    search_ranked
-- purpose: one page of active practitioners where each candidate has to be looked at: near a place, in a window, by name
-- params:  $1 epoch bigint · $2 country text · $3 candidates text: `named`, `near`, `near-specialty`, `specialty` or `all`
--          $4 specialty key text or NULL · $5 language key text or NULL · $6 beginnings of names text[], folded
--          $7 latitude · $8 longitude float8 or NULL · $9 radius float8, metres · $10 south · $11 north · $12 west
--          $13 east · $14 second west · $15 second east float8: the box around the circle, cut in two at 180 degrees
--          $16 origin date: grid day of slot 0 · $17 grid ids int[] · $18 from slots int[] · $19 to slots int[]
--          $20 starts float8[]: microseconds since 1970 of every slot, one grid after the other · $21 slots a grid int
--          $22 windowed boolean: leave out who has no free slot from `from` to `to`
--          $23 order text: `soonest`, `distance`, else what fits a name best, then the nearest or soonest
--          $24 grade int · $25 rank float8 · $26 practitioner id uuid: after these · $27 limit int
-- effect:  none
-- index:   search_names_pkey, search_documents_by_specialty_and_place, search_documents_by_place,
--          search_documents_by_specialty, search_documents_by_next
-- caller:  PostgresSearchEngine; of the five candidate sets only the one that $3 names is read
WITH grids AS MATERIALIZED (
    SELECT grid_id, from_slot, to_slot, (ordinal - 1)::int * $21::int AS base
    FROM unnest($17::int[], $18::int[], $19::int[]) WITH ORDINALITY AS g (grid_id, from_slot, to_slot, ordinal)
), named AS (
    SELECT practitioner_id, (count(*) - sum(exact))::int AS grade
    FROM (
        SELECT w.ordinal, n.practitioner_id, max((n.word = w.word COLLATE "C")::int) AS exact
        FROM unnest($6::text[]) WITH ORDINALITY AS w (word, ordinal)
        JOIN search_names AS n ON n.country_code = $2 AND n.epoch = $1
            AND n.word >= w.word COLLATE "C" AND n.word < (w.word || U&'\+10FFFF') COLLATE "C"
        WHERE $3::text = 'named'
        GROUP BY w.ordinal, n.practitioner_id
    ) AS words
    GROUP BY practitioner_id
    HAVING count(*) = cardinality($6::text[])
), candidates AS (
    SELECT d.*, n.grade
    FROM named AS n
    JOIN search_documents AS d ON d.country_code = $2 AND d.epoch = $1 AND d.practitioner_id = n.practitioner_id
    WHERE $3 = 'named' AND d.active
    UNION ALL
    SELECT d.*, 0 FROM search_documents AS d
    WHERE $3 = 'near' AND d.country_code = $2 AND d.epoch = $1 AND d.active
      AND d.latitude BETWEEN $10::float8 AND $11::float8
      AND (d.longitude BETWEEN $12::float8 AND $13::float8 OR d.longitude BETWEEN $14::float8 AND $15::float8)
    UNION ALL
    SELECT d.*, 0 FROM search_documents AS d
    WHERE $3 = 'near-specialty' AND d.country_code = $2 AND d.epoch = $1 AND d.active AND d.specialty_key = $4::text
      AND d.latitude BETWEEN $10 AND $11
      AND (d.longitude BETWEEN $12 AND $13 OR d.longitude BETWEEN $14 AND $15)
    UNION ALL
    SELECT d.*, 0 FROM search_documents AS d
    WHERE $3 = 'specialty' AND d.country_code = $2 AND d.epoch = $1 AND d.active AND d.specialty_key = $4
    UNION ALL
    SELECT d.*, 0 FROM search_documents AS d
    WHERE $3 = 'all' AND d.country_code = $2 AND d.epoch = $1 AND d.active
), ranked AS (
    SELECT c.practitioner_id, c.grade, p.metres, coalesce(
        ($20::float8[])[g.base + p.shift + search_first_free(c.free, g.from_slot - p.shift, g.to_slot - p.shift) + 1],
        'Infinity') AS soonest
    FROM candidates AS c
    CROSS JOIN LATERAL (
        SELECT (c.first_date - $16::date) * 24 AS shift,
               search_metres($7::float8, $8::float8, c.latitude, c.longitude) AS metres
    ) AS p
    LEFT JOIN grids AS g ON g.grid_id = c.grid_id
    WHERE ($4 IS NULL OR c.specialty_key = $4)
      AND ($5::text IS NULL OR $5 = ANY (c.language_keys))
      AND ($7 IS NULL OR p.metres <= $9::float8)
), page AS (
    SELECT r.practitioner_id, o.grade, o.rank, r.metres
    FROM ranked AS r
    CROSS JOIN LATERAL (
        SELECT CASE WHEN $23::text IN ('soonest', 'distance') THEN 0 ELSE r.grade END AS grade,
               CASE WHEN $23 = 'soonest' OR $7 IS NULL THEN r.soonest ELSE r.metres END AS rank
    ) AS o
    WHERE (r.soonest < 'Infinity' OR NOT $22::bool)
      AND (o.grade, o.rank, r.practitioner_id) > ($24::int, $25::float8, $26::uuid)
    ORDER BY o.grade, o.rank, r.practitioner_id
    LIMIT $27::int
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
