-- name:    candidates_specialty
-- purpose: everybody of a specialty
-- params:  those of search_ranked, of which it is a part
-- effect:  none
-- index:   search_documents_by_specialty
-- caller:  PostgresSearchEngine
    SELECT d.practitioner_id, 0 AS grade, d.grid_id, d.first_date, d.free, d.next_available, d.specialty_key,
           d.language_keys, d.latitude, d.longitude
    FROM search_documents AS d
    WHERE d.country_code = $2 AND d.epoch = $1 AND d.active AND d.specialty_key = $3
