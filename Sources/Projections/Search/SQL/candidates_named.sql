-- name:    candidates_named
-- purpose: everybody whose name has a word that begins with each of the words,
--          graded by how many only begin so
-- params:  those of search_ranked, of which it is a part
-- effect:  none
-- index:   search_names_pkey, search_documents_pkey
-- caller:  PostgresSearchEngine
    SELECT d.practitioner_id, n.grade AS grade, d.grid_id, d.first_date, d.free, d.next_available, d.specialty_key,
           d.language_keys, d.latitude, d.longitude
    FROM (
        SELECT practitioner_id, (count(*) - sum(exact))::int AS grade
        FROM (
            SELECT w.ordinal, s.practitioner_id, max((s.word = w.word COLLATE "C")::int) AS exact
            FROM unnest($5::text[]) WITH ORDINALITY AS w (word, ordinal)
            JOIN search_names AS s ON s.country_code = $2 AND s.epoch = $1
                AND s.word >= w.word COLLATE "C" AND s.word < (w.word || U&'\+10FFFF') COLLATE "C"
            GROUP BY w.ordinal, s.practitioner_id
        ) AS words
        GROUP BY practitioner_id
        HAVING count(*) = cardinality($5::text[])
    ) AS n
    JOIN search_documents AS d ON d.country_code = $2 AND d.epoch = $1 AND d.practitioner_id = n.practitioner_id
    WHERE d.active
