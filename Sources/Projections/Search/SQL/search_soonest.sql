-- name:    search_soonest
-- purpose: one page of active practitioners of a country, or of one specialty there, who is free first coming first
-- params:  $1 epoch bigint · $2 country text · $3 specialty key text or NULL · $4 language key text or NULL
--          $5 earliest timestamptz: starts before it do not count · $6 latest timestamptz: nor do those after it
--          $7 origin date: grid day of slot 0 · $8 grid ids int[] · $9 from slots int[] · $10 to slots int[]
--          $11 starts float8[]: microseconds since 1970 of every slot, one grid after the other · $12 slots a grid int
--          $13 next available timestamptz · $14 practitioner id uuid: after these · $15 limit int
-- effect:  none; with $6 'infinity' practitioners without a free slot come last
-- index:   search_documents_by_specialty, search_documents_by_next: in order, so that a page costs its length and what
--          refresh_next_available has not come to yet
-- caller:  PostgresSearchEngine
WITH grids AS MATERIALIZED (
    SELECT grid_id, from_slot, to_slot, (ordinal - 1)::int * $12::int AS base
    FROM unnest($8::int[], $9::int[], $10::int[]) WITH ORDINALITY AS g (grid_id, from_slot, to_slot, ordinal)
), passed AS (
    SELECT practitioner_id, grid_id, first_date, free, language_keys FROM search_documents
    WHERE $3::text IS NOT NULL AND country_code = $2 AND epoch = $1 AND active AND specialty_key = $3
      AND next_available < $5::timestamptz
    UNION ALL
    SELECT practitioner_id, grid_id, first_date, free, language_keys FROM search_documents
    WHERE $3 IS NULL AND country_code = $2 AND epoch = $1 AND active AND next_available < $5
), found AS (
    (SELECT practitioner_id, next_available FROM search_documents
    WHERE $3 IS NOT NULL AND country_code = $2 AND epoch = $1 AND active AND specialty_key = $3
      AND ($4::text IS NULL OR $4 = ANY (language_keys))
      AND next_available >= $5 AND next_available <= $6::timestamptz
      AND (next_available, practitioner_id) > ($13::timestamptz, $14::uuid)
    ORDER BY next_available, practitioner_id
    LIMIT $15::int)
    UNION ALL
    (SELECT practitioner_id, next_available FROM search_documents
    WHERE $3 IS NULL AND country_code = $2 AND epoch = $1 AND active
      AND ($4 IS NULL OR $4 = ANY (language_keys))
      AND next_available >= $5 AND next_available <= $6
      AND (next_available, practitioner_id) > ($13, $14)
    ORDER BY next_available, practitioner_id
    LIMIT $15)
    UNION ALL
    SELECT c.practitioner_id, n.next_available
    FROM passed AS c
    LEFT JOIN grids AS g ON g.grid_id = c.grid_id
    CROSS JOIN LATERAL (SELECT (c.first_date - $7::date) * 24 AS shift) AS p
    CROSS JOIN LATERAL (
        SELECT coalesce(to_timestamp(($11::float8[])[
            g.base + p.shift + search_first_free(c.free, g.from_slot - p.shift, g.to_slot - p.shift) + 1
        ] / 1e6), 'infinity') AS next_available
    ) AS n
    WHERE ($4 IS NULL OR $4 = ANY (c.language_keys))
      AND n.next_available <= $6 AND (n.next_available, c.practitioner_id) > ($13, $14)
), page AS (
    SELECT practitioner_id, next_available FROM found ORDER BY next_available, practitioner_id LIMIT $15
)
SELECT d.country_code, d.practitioner_id, d.kafka_partition, d.profile_sequence, d.profile_version, d.active,
       d.display_name, d.specialty, d.languages, d.latitude, d.longitude, d.street, d.postal_code, d.city,
       g.time_zone, g.day_start, g.slot_minutes, d.consultation_codes, d.consultation_slots, d.accepts_new_patients,
       d.first_date, d.free::text, d.next_available, d.booking_source, d.practitioner_source, d.as_of,
       0 AS grade, (extract(epoch FROM p.next_available) * 1000000)::float8 AS rank, NULL::float8 AS metres
FROM page AS p
JOIN search_documents AS d ON d.country_code = $2 AND d.epoch = $1 AND d.practitioner_id = p.practitioner_id
LEFT JOIN search_grids AS g ON g.grid_id = d.grid_id
ORDER BY p.next_available, p.practitioner_id
