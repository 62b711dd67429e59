-- name:    lock_practitioner
-- purpose: lock a practitioner's head row and read it; every change of a practitioner begins here
-- params:  $1 country_code text · $2 practitioner_id uuid
-- result:  every column of practitioners, in the order of PractitionerRow
-- index:   practitioners primary key
-- caller:  PractitionerTransaction
SELECT country_code, practitioner_id, stream_version, profile_version, schedule_version, kafka_partition, number,
       display_name, specialty, languages, latitude, longitude, street, postal_code, city, time_zone, day_start,
       slot_minutes, consultation_codes, consultation_slots, accepts_new_patients, active, valid_from,
       weekly_days, weekly_starts, weekly_ends, schedule_event, activity_event
FROM practitioners
WHERE country_code = $1 AND practitioner_id = $2
FOR UPDATE;
