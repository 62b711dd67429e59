-- name:    read_search_documents_of
-- purpose: read the documents of some practitioners, each with the hash of its profile
-- params:  $1 epoch bigint · $2 kafka_partition smallint · $3 countries text[] · $4 practitioner ids uuid[], as pairs
-- effect:  none
-- index:   search_documents_pkey
-- caller:  SearchContent
SELECT d.country_code, d.practitioner_id, d.kafka_partition, d.profile_sequence, d.profile_version, d.active,
       d.display_name, d.specialty, d.languages, d.latitude, d.longitude, d.street, d.postal_code, d.city,
       g.time_zone, g.day_start, g.slot_minutes, d.consultation_codes, d.consultation_slots, d.accepts_new_patients,
       d.first_date, d.free::text, d.next_available, d.booking_source, d.practitioner_source, d.as_of,
       d.profile_hash # CASE WHEN g.grid_id IS NULL THEN 0 ELSE {grid} END
FROM search_documents AS d
LEFT JOIN search_grids AS g USING (grid_id)
WHERE d.epoch = $1 AND d.kafka_partition = $2::smallint
  AND (d.country_code, d.practitioner_id) IN (SELECT * FROM unnest($3::text[], $4::uuid[]))
