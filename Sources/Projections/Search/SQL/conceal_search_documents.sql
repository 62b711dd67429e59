-- name:    conceal_search_documents
-- purpose: forget the free slots of practitioners in quarantine: theirs are not known, whatever was published before;
--          of availability the epoch counts that callers are answered from
-- params:  $1 epoch bigint · $2 kafka_partition smallint
-- effect:  their documents, where they have free slots; an event newer than those brings them back
-- index:   quarantine_open_by_partition, search_documents_pkey, projection_models_pkey
-- caller:  PostgresSearchEngine
UPDATE search_documents AS d SET first_date = NULL, free = B'', next_available = 'infinity'
FROM quarantine AS q
WHERE q.kafka_partition = $2::smallint AND q.ended_at IS NULL
  AND (q.model, q.epoch) IN (
      SELECT model, served_epoch FROM projection_models WHERE model = 'availability' UNION ALL SELECT 'search', $1)
  AND d.epoch = $1 AND d.practitioner_id = q.practitioner_id
  AND d.country_code = COALESCE(q.country_code, d.country_code)
  AND d.first_date IS NOT NULL
