-- name:    page_practitioners
-- purpose: one page of the active practitioners of a country, in the order of their ids
-- params:  $1 country_code text · $2 specialty text or NULL · $3 city text or NULL (both in any case) ·
--          $4 last practitioner_id of the page before or NULL · $5 limit bigint
-- result:  every column of practitioners, in the order of PractitionerRow
-- index:   practitioners_by_specialty, practitioners_by_city, practitioners primary key
-- caller:  PractitionerQueries
SELECT country_code, practitioner_id, stream_version, profile_version, schedule_version, kafka_partition, number,
       display_name, specialty, languages, latitude, longitude, street, postal_code, city, time_zone, day_start,
       slot_minutes, consultation_codes, consultation_slots, accepts_new_patients, active, valid_from,
       weekly_days, weekly_starts, weekly_ends, schedule_event, activity_event
FROM practitioners
WHERE country_code = $1 AND active
    AND ($2::text IS NULL OR lower(specialty) = lower($2))
    AND ($3::text IS NULL OR lower(city) = lower($3))
    AND ($4::uuid IS NULL OR practitioner_id > $4)
ORDER BY practitioner_id
LIMIT $5;
