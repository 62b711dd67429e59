-- name:    read_search_grids
-- purpose: list the ways in which a country's practices divide their days
-- params:  $1 country text
-- effect:  none
-- index:   search_grids' unique key
-- caller:  PostgresSearchEngine
SELECT grid_id, time_zone, day_start, slot_minutes FROM search_grids WHERE country_code = $1 ORDER BY grid_id
