-- name:    read_booked_slots
-- purpose: the confirmed slots of practitioners within time ranges
-- params:  $1 country_code text[] · $2 practitioner_id uuid[] · $3 from timestamptz[] · $4 until timestamptz[]
--          (exclusive)
-- result:  country_code, practitioner_id, slot_start, local_date, slot_index, booking_id
-- index:   idx_no_double_book; OFFSET 0 keeps the look-up inside, once a range: as a join the index, which looks
--          tiny while the table is empty, would be walked through from end to end, and the plan kept
-- caller:  BookingTransaction, ColdAvailability, CalendarApplier
SELECT s.country_code, s.practitioner_id, s.slot_start, s.local_date, s.slot_index, s.booking_id
FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
    AS w (country_code, practitioner_id, from_start, until_start)
CROSS JOIN LATERAL (
    SELECT b.country_code, b.practitioner_id, b.slot_start, b.local_date, b.slot_index, b.booking_id
    FROM booked_slots b
    WHERE b.country_code = w.country_code AND b.practitioner_id = w.practitioner_id
        AND b.slot_start >= w.from_start AND b.slot_start < w.until_start AND b.status = 'confirmed'
    OFFSET 0
) AS s;
