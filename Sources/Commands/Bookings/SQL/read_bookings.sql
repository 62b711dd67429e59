-- name:    read_bookings
-- purpose: bookings by their ids
-- params:  $1 country_code text[] · $2 booking_id uuid[]
-- result:  every column of bookings, in the order of BookingRow
-- index:   bookings primary key
-- caller:  BookingTransaction, BookingQueries
SELECT country_code, booking_id, version, status, practitioner_id, patient_id, consultation_type, slot_start, slot_end,
       local_date, first_slot, slot_count, time_zone, made_by_role, made_by, created_at, updated_at
FROM unnest($1::text[], $2::uuid[]) AS w (country, id)
JOIN bookings ON country_code = w.country AND booking_id = w.id;
