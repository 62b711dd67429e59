-- name:    find_search_document_country
-- purpose: find a country that still has documents of an epoch that is dropped
-- params:  $1 epoch bigint
-- effect:  none; no row: there are none
-- caller:  DocumentEraser
SELECT country_code FROM search_documents WHERE epoch = $1 LIMIT 1
