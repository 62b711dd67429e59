-- name:    remove_search_names
-- purpose: forget the words of practitioners whose name changed
-- params:  $1 epoch bigint · $2 countries text[] · $3 practitioner ids uuid[]
-- effect:  deletes their words
-- index:   search_names_by_practitioner
-- caller:  PostgresSearchEngine
DELETE FROM search_names
WHERE epoch = $1 AND (country_code, practitioner_id) IN (SELECT * FROM unnest($2::text[], $3::uuid[]))
