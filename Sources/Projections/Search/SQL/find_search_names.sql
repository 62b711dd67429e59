-- name:    find_search_names
-- purpose: say which words begin a name of the country
-- params:  $1 epoch bigint · $2 country text · $3 words text[], folded
-- effect:  none
-- index:   search_names_pkey
-- caller:  PostgresSearchEngine
SELECT w.word
FROM unnest($3::text[]) AS w (word)
WHERE EXISTS (
    SELECT FROM search_names AS n
    WHERE n.country_code = $2 AND n.epoch = $1
      AND n.word >= w.word COLLATE "C" AND n.word < (w.word || U&'\+10FFFF') COLLATE "C")
