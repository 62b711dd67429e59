-- name:    insert_exception
-- purpose: store an exception beside its event, with the reason that the event must not hold
-- params:  $1 country_code text · $2 practitioner_id uuid · $3 exception_id uuid · $4 from_date date ·
--          $5 to_date date · $6 kind text · $7 session_starts int[] · $8 session_ends int[] · $9 reason text or NULL ·
--          $10 added_event uuid
-- effect:  one row
-- index:   schedule_exceptions primary key
-- caller:  PractitionerTransaction
INSERT INTO schedule_exceptions (country_code, practitioner_id, exception_id, from_date, to_date, kind, session_starts,
                                 session_ends, reason, added_event)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);
