-- name:    read_exception
-- purpose: one exception, also a removed one: the retry of the request that added it is answered with it
-- params:  $1 country_code text · $2 practitioner_id uuid · $3 exception_id uuid
-- result:  exception_id, from_date, to_date, kind, session_starts, session_ends, reason, added_event, removed
-- index:   schedule_exceptions primary key
-- caller:  PractitionerTransaction
SELECT exception_id, from_date, to_date, kind, session_starts, session_ends, reason, added_event, removed
FROM schedule_exceptions
WHERE country_code = $1 AND practitioner_id = $2 AND exception_id = $3;
