-- name:    read_calendar_versions
-- purpose: which version of each practitioner booking has: compared with the practitioner database's own
-- result:  country_code, practitioner_id, version of every calendar
-- caller:  CalendarCheckpoints
SELECT country_code, practitioner_id, version
FROM calendars
