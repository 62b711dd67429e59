-- name:    page_exceptions
-- purpose: one page of a practitioner's exceptions, by start date
-- params:  $1 country_code text · $2 practitioner_id uuid · $3 from_date and $4 exception_id of the last row
--          of the page before, or NULL · $5 limit bigint
-- result:  exception_id, from_date, to_date, kind, session_starts, session_ends, reason, added_event, removed
-- index:   schedule_exceptions_in_order
-- caller:  PractitionerQueries
SELECT exception_id, from_date, to_date, kind, session_starts, session_ends, reason, added_event, removed
FROM schedule_exceptions
WHERE country_code = $1 AND practitioner_id = $2 AND NOT removed
    AND ($3::date IS NULL OR (from_date, exception_id) > ($3, $4::uuid))
ORDER BY from_date, exception_id
LIMIT $5;
