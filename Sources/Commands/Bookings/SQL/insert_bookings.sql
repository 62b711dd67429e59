-- name:    insert_bookings
-- purpose: the rows of bookings that a batch created
-- params:  arrays, one element a booking, in the order of the columns; version is 1 and status confirmed
-- effect:  one row an element
-- index:   bookings primary key
-- caller:  BookingTransaction
INSERT INTO bookings (country_code, booking_id, version, status, practitioner_id, patient_id, consultation_type,
                      slot_start, slot_end, local_date, first_slot, slot_count, time_zone, made_by_role, made_by,
                      created_at, updated_at)
SELECT w.country_code, w.booking_id, 1, 'confirmed', w.practitioner_id, w.patient_id, w.consultation_type,
       w.slot_start, w.slot_end, w.local_date, w.first_slot, w.slot_count, w.time_zone, w.made_by_role, w.made_by,
       w.created_at, w.created_at
FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[], $7::timestamptz[],
            $8::date[], $9::int[], $10::int[], $11::text[], $12::text[], $13::text[], $14::timestamptz[])
    AS w (country_code, booking_id, practitioner_id, patient_id, consultation_type, slot_start, slot_end,
          local_date, first_slot, slot_count, time_zone, made_by_role, made_by, created_at);
