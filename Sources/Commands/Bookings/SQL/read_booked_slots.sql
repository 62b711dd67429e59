-- name:    read_booked_slots
-- purpose: the confirmed slots of practitioners within time ranges
-- params:  $1 country_code text[] · $2 practitioner_id uuid[] · $3 from timestamptz[] · $4 until timestamptz[] (exclusive)
-- result:  country_code, practitioner_id, slot_start, local_date, slot_index, booking_id
-- index:   idx_no_double_book
-- caller:  BookingTransaction, ColdAvailability, CalendarApplier
SELECT s.country_code, s.practitioner_id, s.slot_start, s.local_date, s.slot_index, s.booking_id
FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
    AS w (country_code, practitioner_id, from_start, until_start)
JOIN booked_slots s
    ON s.country_code = w.country_code AND s.practitioner_id = w.practitioner_id
    AND s.slot_start >= w.from_start AND s.slot_start < w.until_start AND s.status = 'confirmed';
