-- name:    page_practitioner_bookings
-- purpose: one page of a practitioner's bookings in time order
-- params:  $1 country_code text · $2 practitioner_id uuid · $3 status text or NULL · $4 from timestamptz or NULL ·
--          $5 to timestamptz or NULL (exclusive) · $6 slot_start and $7 booking_id of the last row of the page
--          before, or NULL · $8 limit bigint · $9 from date or NULL · $10 to date or NULL (exclusive): dates in the
--          practice's zone
-- result:  every column of bookings, in the order of BookingRow
-- index:   bookings_by_practitioner
-- caller:  BookingQueries
SELECT country_code, booking_id, version, status, practitioner_id, patient_id, consultation_type, slot_start, slot_end,
       local_date, first_slot, slot_count, time_zone, made_by_role, made_by, created_at, updated_at
FROM bookings
WHERE country_code = $1 AND practitioner_id = $2
    AND ($3::text IS NULL OR status = $3)
    AND ($4::timestamptz IS NULL OR slot_start >= $4)
    AND ($5::timestamptz IS NULL OR slot_start < $5)
    AND ($6::timestamptz IS NULL OR (slot_start, booking_id) > ($6, $7::uuid))
    AND ($9::date IS NULL OR (slot_start AT TIME ZONE time_zone)::date >= $9)
    AND ($10::date IS NULL OR (slot_start AT TIME ZONE time_zone)::date < $10)
ORDER BY slot_start, booking_id
LIMIT $8;
