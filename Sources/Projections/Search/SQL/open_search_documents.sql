-- name:    open_search_documents
-- purpose: begin to read all documents of a partition, each once, in no order
-- params:  $1 epoch bigint · $2 kafka_partition smallint
-- effect:  a cursor, until it is closed or the transaction ends
-- index:   none: most of the epoch is read
-- caller:  DocumentScan
DECLARE search_documents_scan NO SCROLL CURSOR FOR
SELECT d.country_code, d.practitioner_id, d.kafka_partition, d.profile_sequence, d.profile_version, d.active,
       d.display_name, d.specialty, d.languages, d.latitude, d.longitude, d.street, d.postal_code, d.city,
       g.time_zone, g.day_start, g.slot_minutes, d.consultation_codes, d.consultation_slots, d.accepts_new_patients,
       d.first_date, d.free::text, d.next_available, d.booking_source, d.practitioner_source, d.as_of
FROM search_documents AS d
LEFT JOIN search_grids AS g USING (grid_id)
WHERE d.epoch = $1::bigint AND d.kafka_partition = $2::smallint
