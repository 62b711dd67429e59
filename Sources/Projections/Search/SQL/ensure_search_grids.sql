-- name:    ensure_search_grids
-- purpose: give each new way of dividing days a number
-- params:  $1 countries text[] · $2 time_zones text[] · $3 day_starts int[] · $4 slot_minutes int[]
-- effect:  inserts what is missing
-- index:   search_grids' unique key
-- caller:  PostgresSearchEngine
INSERT INTO search_grids (country_code, time_zone, day_start, slot_minutes)
SELECT DISTINCT n.country_code, n.time_zone, n.day_start, n.slot_minutes
FROM unnest($1::text[], $2::text[], $3::int[], $4::int[]) AS n (country_code, time_zone, day_start, slot_minutes)
WHERE NOT EXISTS (
    SELECT FROM search_grids AS g
    WHERE (g.country_code, g.time_zone, g.day_start, g.slot_minutes)
        = (n.country_code, n.time_zone, n.day_start, n.slot_minutes))
ON CONFLICT DO NOTHING  -- another partition's batch was faster: the row is there, which is all that is wanted
