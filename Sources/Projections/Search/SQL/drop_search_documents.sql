-- name:    drop_search_documents
-- purpose: delete some documents of an epoch that is dropped
-- params:  $1 country text · $2 epoch bigint · $3 limit bigint
-- effect:  at most that many rows; none: all are gone
-- index:   primary key of search_documents
-- caller:  DocumentEraser
DELETE FROM search_documents
WHERE country_code = $1 AND epoch = $2 AND practitioner_id = ANY (ARRAY(
    SELECT practitioner_id FROM search_documents
    WHERE country_code = $1 AND epoch = $2
    ORDER BY practitioner_id
    LIMIT $3))
