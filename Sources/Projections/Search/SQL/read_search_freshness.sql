-- name:    read_search_freshness
-- purpose: say how new and how complete the documents of a country are
-- params:  $1 epoch bigint · $2 country text
-- effect:  none
-- index:   search_checkpoints_pkey, search_documents_unknown
-- caller:  PostgresSearchEngine
SELECT count(*), max(as_of), min(coalesce(caught_up_at, '-infinity')),
       EXISTS (SELECT FROM search_documents WHERE country_code = $2 AND epoch = $1 AND active AND first_date IS NULL)
FROM search_checkpoints
WHERE epoch = $1
