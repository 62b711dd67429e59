-- name:    read_search_documents
-- purpose: read a partition's documents in the order of their keys, for its digest
-- params:  $1 epoch bigint · $2 kafka_partition smallint · $3 country text · $4 practitioner id uuid: after these · $5
--          limit int
-- effect:  none
-- index:   search_documents_pkey
-- caller:  PostgresSearchEngine
SELECT d.country_code, d.practitioner_id, d.kafka_partition, d.profile_sequence, d.profile_version, d.active,
       d.display_name, d.specialty, d.languages, d.latitude, d.longitude, d.street, d.postal_code, d.city,
       g.time_zone, g.day_start, g.slot_minutes, d.consultation_codes, d.consultation_slots, d.accepts_new_patients,
       d.first_date, d.free::text, d.next_available, d.booking_source, d.practitioner_source, d.as_of
FROM search_documents AS d
LEFT JOIN search_grids AS g USING (grid_id)
WHERE d.epoch = $1 AND d.kafka_partition = $2 AND (d.country_code, d.practitioner_id) > ($3, $4)
ORDER BY d.country_code, d.practitioner_id
LIMIT $5
