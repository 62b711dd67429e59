-- name:    drop_search_names
-- purpose: delete what some practitioners are found by in an epoch that is dropped
-- params:  $1 country text · $2 epoch bigint · $3 limit bigint
-- effect:  all words of at most that many practitioners; none: all are gone
-- index:   search_names_by_practitioner
-- caller:  DocumentEraser
DELETE FROM search_names
WHERE country_code = $1 AND epoch = $2 AND practitioner_id = ANY (ARRAY(
    SELECT DISTINCT practitioner_id FROM search_names
    WHERE country_code = $1 AND epoch = $2
    ORDER BY practitioner_id
    LIMIT $3))
