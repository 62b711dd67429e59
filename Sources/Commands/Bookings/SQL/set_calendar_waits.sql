-- name:    set_calendar_waits
-- purpose: say of calendars that they wait for an event that cannot be read, or do not any more
-- params:  $1 country_code text[] · $2 practitioner_id uuid[], of one length · $3 waits boolean
-- effect:  the rows that say otherwise; who has no calendar yet needs none
-- index:   calendars primary key
-- caller:  CalendarApplier
UPDATE calendars AS c SET waits = $3
FROM unnest($1::text[], $2::uuid[]) AS w (country_code, practitioner_id)
WHERE c.country_code = w.country_code AND c.practitioner_id = w.practitioner_id AND c.waits <> $3
