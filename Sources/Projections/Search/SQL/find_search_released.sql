-- name:    find_search_released
-- purpose: find documents without free slots of practitioners who have left the quarantine of availability, or wait in
--          an epoch that is not served any more: what was published may have come before their documents were concealed
-- params:  $1 epoch bigint · $2 kafka_partition smallint · $3 limit bigint
-- effect:  none
-- index:   quarantine_by_end, quarantine_open_by_partition, search_documents_pkey, projection_models_pkey
-- caller:  PostgresSearchEngine
SELECT DISTINCT d.country_code, d.practitioner_id
FROM quarantine AS q
JOIN search_documents AS d
    ON d.country_code = q.country_code AND d.epoch = $1 AND d.practitioner_id = q.practitioner_id
WHERE (q.ended_at > clock_timestamp() - interval '1 hour' OR q.ended_at IS NULL) AND q.model = 'availability'
  AND q.kafka_partition = $2::smallint AND d.active AND d.first_date IS NULL
  AND NOT EXISTS (
      SELECT FROM quarantine AS o
      WHERE o.practitioner_id = q.practitioner_id AND o.ended_at IS NULL
        AND (o.model, o.epoch) IN (
            SELECT model, served_epoch FROM projection_models WHERE model = 'availability'
            UNION ALL SELECT 'search', $1))
LIMIT $3
