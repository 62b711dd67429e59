-- name:    read_displaced_bookings
-- purpose: the bookings that one change of a practitioner displaced, as they are now, in time order
-- params:  $1 country_code text · $2 cause uuid (event id of the change)
-- result:  every column of bookings, in the order of BookingRow
-- index:   displacements primary key, bookings primary key; an array and not a join, which a plan made on empty
--          tables would do by reading all bookings of the country
-- caller:  BookingQueries
SELECT country_code, booking_id, version, status, practitioner_id, patient_id, consultation_type, slot_start, slot_end,
       local_date, first_slot, slot_count, time_zone, made_by_role, made_by, created_at, updated_at
FROM bookings
WHERE country_code = $1
    AND booking_id = ANY (ARRAY(SELECT d.booking_id FROM displacements d WHERE d.country_code = $1 AND d.cause = $2))
ORDER BY slot_start, booking_id;
