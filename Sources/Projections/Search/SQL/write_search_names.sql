-- name:    write_search_names
-- purpose: store the words by which practitioners whose profile changed are found
-- params:  $1 epoch bigint · $2 kafka_partition smallint · $3 countries text[] · $4 practitioner ids uuid[]: an element
--          a word
--          $5 words text[]
-- effect:  one row a word that is new
-- index:   search_names_pkey
-- caller:  PostgresSearchEngine
INSERT INTO search_names (country_code, epoch, word, practitioner_id, kafka_partition)
SELECT DISTINCT n.country_code, $1::bigint, n.word, n.practitioner_id, $2::smallint
FROM unnest($3::text[], $4::uuid[], $5::text[]) AS n (country_code, practitioner_id, word)
ON CONFLICT DO NOTHING  -- the word is there, which is all that is wanted
