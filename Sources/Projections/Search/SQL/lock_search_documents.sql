-- name:    lock_search_documents
-- purpose: read the documents that a batch changes, and keep them still until it is in
-- params:  $1 epoch bigint · $2 countries text[] · $3 practitioner ids uuid[]
-- effect:  row locks until the transaction ends
-- index:   search_documents_pkey
-- caller:  PostgresSearchEngine
SELECT d.country_code, d.practitioner_id, d.kafka_partition, d.profile_sequence, d.profile_version, d.active,
       d.display_name, d.specialty, d.languages, d.latitude, d.longitude, d.street, d.postal_code, d.city,
       g.time_zone, g.day_start, g.slot_minutes, d.consultation_codes, d.consultation_slots, d.accepts_new_patients,
       d.first_date, d.free::text, d.next_available, d.booking_source, d.practitioner_source, d.as_of
FROM search_documents AS d
LEFT JOIN search_grids AS g USING (grid_id)
WHERE d.epoch = $1
  AND (d.country_code, d.practitioner_id) IN (SELECT * FROM unnest($2::text[], $3::uuid[]))
FOR UPDATE OF d
