-- name:    count_relevant_events
-- purpose: how many events a fold of the pages has to read
-- params:  $1 since date (NULL: all) · $2 country text (NULL: all)
-- effect:  none; of the published shards, those that say something about that grid day or a later one, or about all
-- index:   events_by_relevance
-- caller:  RebuildPlanner
SELECT count(*) FROM events
WHERE shard < 6 AND ($2::text IS NULL OR country_code = $2)
  AND ($1::date IS NULL OR relevant_until IS NULL OR relevant_until >= $1)
