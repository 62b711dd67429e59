-- name:    find_search_released
-- purpose: find documents without free slots of practitioners who have left the quarantine of availability: what was
--          published then may have come before their documents were concealed
-- params:  $1 epoch bigint · $2 kafka_partition smallint · $3 limit bigint
-- effect:  none
-- index:   quarantine_by_end, search_documents_pkey, quarantine_open
-- caller:  PostgresSearchEngine
SELECT DISTINCT d.country_code, d.practitioner_id
FROM quarantine AS q
JOIN search_documents AS d
    ON d.country_code = q.country_code AND d.epoch = $1 AND d.practitioner_id = q.practitioner_id
WHERE q.ended_at > clock_timestamp() - interval '1 hour' AND q.model = 'availability'
  AND q.kafka_partition = $2::smallint AND d.first_date IS NULL
  AND NOT EXISTS (SELECT FROM quarantine AS o WHERE o.practitioner_id = q.practitioner_id AND o.ended_at IS NULL)
LIMIT $3
