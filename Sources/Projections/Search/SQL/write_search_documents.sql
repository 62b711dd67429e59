-- name:    write_search_documents
-- purpose: store documents as a batch left them
-- params:  $1 epoch bigint, then one array a column, an element a document: $2 countries · $3 practitioner ids
--          $4 kafka_partitions · $5 profile_sequences · $6 profile_versions · $7 active · $8 display names · $9
--          specialties
--          $10 specialty keys · $11 languages · $12 language keys · $13 latitudes · $14 longitudes · $15 streets
--          $16 postal codes · $17 cities · $18 time zones · $19 day starts · $20 slot minutes · $21 consultation codes
--          $22 consultation slots · $23 accepts new patients · $24 first dates · $25 free bits · $26 next available
--          $27 booking sources · $28 practitioner sources · $29 as of; lists within an element are joined by U+001F
-- effect:  one row a document, inserted or replaced; the caller holds the partition's lock
-- index:   search_documents_pkey
-- caller:  PostgresSearchEngine
INSERT INTO search_documents AS d (
    country_code, epoch, practitioner_id, kafka_partition, profile_sequence, profile_version, active, display_name,
    specialty, specialty_key, languages, language_keys, latitude, longitude, street, postal_code, city, grid_id,
    consultation_codes, consultation_slots, accepts_new_patients, first_date, free, next_available, booking_source,
    practitioner_source, as_of)
SELECT n.country_code, $1, n.practitioner_id, n.kafka_partition, n.profile_sequence, n.profile_version, n.active,
       n.display_name, n.specialty, n.specialty_key, string_to_array(n.languages, E'\x1f'),
       string_to_array(n.language_keys, E'\x1f'), n.latitude, n.longitude, n.street, n.postal_code, n.city, g.grid_id,
       string_to_array(n.consultation_codes, E'\x1f'), string_to_array(n.consultation_slots, E'\x1f')::int[],
       n.accepts_new_patients <> 0, n.first_date, n.free::bit varying, n.next_available, n.booking_source,
       n.practitioner_source, n.as_of
FROM unnest(
    $2::text[], $3::uuid[], $4::int[], $5::bigint[], $6::bigint[], $7::bool[], $8::text[], $9::text[], $10::text[],
    $11::text[], $12::text[], $13::float8[], $14::float8[], $15::text[], $16::text[], $17::text[], $18::text[],
    $19::bigint[], $20::bigint[], $21::text[], $22::text[], $23::bigint[], $24::date[], $25::text[],
    $26::timestamptz[], $27::bigint[], $28::bigint[], $29::timestamptz[]
) AS n (
    country_code, practitioner_id, kafka_partition, profile_sequence, profile_version, active, display_name, specialty,
    specialty_key, languages, language_keys, latitude, longitude, street, postal_code, city, time_zone, day_start,
    slot_minutes, consultation_codes, consultation_slots, accepts_new_patients, first_date, free,
    next_available, booking_source, practitioner_source, as_of)
LEFT JOIN search_grids AS g ON (g.country_code, g.time_zone, g.day_start, g.slot_minutes)
    = (n.country_code, n.time_zone, n.day_start, n.slot_minutes)
ON CONFLICT (country_code, epoch, practitioner_id) DO UPDATE SET
    profile_sequence = EXCLUDED.profile_sequence, profile_version = EXCLUDED.profile_version,
    active = EXCLUDED.active, display_name = EXCLUDED.display_name, specialty = EXCLUDED.specialty,
    specialty_key = EXCLUDED.specialty_key, languages = EXCLUDED.languages, language_keys = EXCLUDED.language_keys,
    latitude = EXCLUDED.latitude, longitude = EXCLUDED.longitude, street = EXCLUDED.street,
    postal_code = EXCLUDED.postal_code, city = EXCLUDED.city, grid_id = EXCLUDED.grid_id,
    consultation_codes = EXCLUDED.consultation_codes, consultation_slots = EXCLUDED.consultation_slots,
    accepts_new_patients = EXCLUDED.accepts_new_patients, first_date = EXCLUDED.first_date, free = EXCLUDED.free,
    next_available = EXCLUDED.next_available, booking_source = EXCLUDED.booking_source,
    practitioner_source = EXCLUDED.practitioner_source, as_of = EXCLUDED.as_of
