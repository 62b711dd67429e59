-- name:    candidates_near
-- purpose: everybody in a box
-- params:  those of search_ranked, of which it is a part
-- effect:  none
-- index:   search_documents_by_place
-- caller:  PostgresSearchEngine
    SELECT d.practitioner_id, 0 AS grade, d.grid_id, d.first_date, d.free, d.next_available, d.specialty_key,
           d.language_keys, d.latitude, d.longitude
    FROM search_documents AS d
    WHERE d.country_code = $2 AND d.epoch = $1 AND d.active
      AND d.latitude BETWEEN $9::float8 AND $10::float8
      AND (d.longitude BETWEEN $11::float8 AND $12::float8 OR d.longitude BETWEEN $13::float8 AND $14::float8)
