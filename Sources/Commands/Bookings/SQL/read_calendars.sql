-- name:    read_calendars
-- purpose: read calendars without locking them, for answers that promise nothing (cold availability, refusals)
-- params:  $1 country_code text[] · $2 practitioner_id uuid[] · $3 version bigint[] that the caller has (0: none);
--          no duplicates
-- result:  country_code, practitioner_id, version, content (NULL: the caller's copy is current), whether it waits
-- index:   calendars primary key
-- caller:  BookingTransaction, CalendarReader
SELECT c.country_code, c.practitioner_id, c.version,
       CASE WHEN c.version = w.known_version THEN NULL ELSE c.content END AS content, c.waits
FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS w (country_code, practitioner_id, known_version)
JOIN calendars c ON c.country_code = w.country_code AND c.practitioner_id = w.practitioner_id;
