-- name:    occupy_slots
-- purpose: the guard against double booking: a row a slot, refused by idx_no_double_book when another visit has it
-- params:  $1 country_code text[] · $2 practitioner_id uuid[] · $3 slot_start timestamptz[] · $4 local_date date[] ·
--          $5 slot_index smallint[] (as int[]) · $6 booking_id uuid[]
-- effect:  one row an element; 23505 on idx_no_double_book ends the transaction
-- index:   idx_no_double_book
-- caller:  BookingTransaction
INSERT INTO booked_slots (country_code, practitioner_id, slot_start, local_date, slot_index, booking_id, status)
SELECT w.*, 'confirmed'
FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::date[], $5::int[], $6::uuid[])
    AS w (country_code, practitioner_id, slot_start, local_date, slot_index, booking_id);
