-- name:    read_search_standing
-- purpose: say since when a partition is complete, and how many documents it has of each country
-- params:  $1 epoch bigint · $2 kafka_partition smallint
-- effect:  none; a row a country, one with NULL where there are no documents; no row where it was never built
-- index:   search_checkpoints_pkey
-- caller:  SearchContent
SELECT c.caught_up_at, d.country_code, count(d.practitioner_id),
       count(d.practitioner_id) FILTER (WHERE d.first_date IS NULL)
FROM search_checkpoints AS c
LEFT JOIN search_documents AS d ON d.epoch = c.epoch AND d.kafka_partition = c.kafka_partition
WHERE c.epoch = $1 AND c.kafka_partition = $2
GROUP BY c.caught_up_at, d.country_code
ORDER BY d.country_code
