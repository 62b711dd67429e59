-- name:    release_slots
-- purpose: free the slots of visits that were cancelled or moved
-- params:  $1 country_code text[] · $2 practitioner_id uuid[] · $3 slot_start timestamptz[] of the visit · $4
--          booking_id uuid[] · $5 bigint: how many slots they have together
-- effect:  one row a slot of each visit, or BK001. A visit lies within one grid day, and a grid day with its
--          clock change is over after 26 hours, so the range holds all its slots, whatever the zone's rules have
--          become since
-- index:   idx_no_double_book, with OFFSET 0 as in read_booked_slots; the rows found are updated by their place,
--          which nobody else changes while the head row is locked
-- caller:  BookingTransaction
WITH released AS (
    UPDATE booked_slots s
    SET status = 'released'
    FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::uuid[])
        AS w (country_code, practitioner_id, slot_start, booking_id)
    CROSS JOIN LATERAL (
        SELECT b.ctid AS place
        FROM booked_slots b
        WHERE b.country_code = w.country_code AND b.practitioner_id = w.practitioner_id
            AND b.slot_start >= w.slot_start AND b.slot_start < w.slot_start + interval '26 hours'
            AND b.booking_id = w.booking_id AND b.status = 'confirmed'
        OFFSET 0
    ) AS found
    WHERE s.ctid = found.place AND s.country_code = w.country_code AND s.booking_id = w.booking_id
    RETURNING s.booking_id
)
SELECT require_rows(count(*), $5, 'BK001') FROM released;
