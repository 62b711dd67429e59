-- name:    insert_displacements
-- purpose: remember which bookings a change displaced
-- params:  $1 country_code text · $2 cause uuid · $3 booking_id uuid[]
-- effect:  one row an element
-- index:   displacements primary key
-- caller:  CalendarApplier
INSERT INTO displacements (country_code, cause, booking_id)
SELECT $1, $2, b FROM unnest($3::uuid[]) AS w (b);
