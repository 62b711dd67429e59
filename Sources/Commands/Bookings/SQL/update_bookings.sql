-- name:    update_bookings
-- purpose: bookings that a batch cancelled, moved or displaced, at their next version
-- params:  arrays, one element a booking: $1 country_code text · $2 booking_id uuid · $3 version bigint (the new
--          one) · $4 status text · $5 practitioner_id uuid · $6 slot_start timestamptz · $7 slot_end timestamptz ·
--          $8 local_date date · $9 first_slot int · $10 slot_count int · $11 time_zone text · $12 updated_at
--          timestamptz
-- effect:  one row an element, only from the version before, or BK001
-- index:   bookings primary key
-- caller:  BookingTransaction, CalendarApplier
WITH changed AS (
    UPDATE bookings b
    SET version = w.version, status = w.status, practitioner_id = w.practitioner_id, slot_start = w.slot_start,
        slot_end = w.slot_end, local_date = w.local_date, first_slot = w.first_slot, slot_count = w.slot_count,
        time_zone = w.time_zone, updated_at = w.updated_at
    FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::text[], $5::uuid[], $6::timestamptz[], $7::timestamptz[],
                $8::date[], $9::int[], $10::int[], $11::text[], $12::timestamptz[])
        AS w (country_code, booking_id, version, status, practitioner_id, slot_start, slot_end, local_date, first_slot,
              slot_count, time_zone, updated_at)
    WHERE b.country_code = w.country_code AND b.booking_id = w.booking_id AND b.version = w.version - 1
    RETURNING b.booking_id
)
SELECT require_rows(count(*), cardinality($2::uuid[]), 'BK001') FROM changed;
