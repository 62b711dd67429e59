-- name:    write_calendar
-- purpose: store a practitioner's calendar at a version; only the next version of what is stored, or a first one
-- params:  $1 country_code text · $2 practitioner_id uuid · $3 version bigint · $4 content bytea
-- effect:  one row, or none when a newer one is stored already (the caller holds the row's lock and has checked)
-- index:   calendars primary key
-- caller:  CalendarApplier, CalendarModel (baseline)
INSERT INTO calendars (country_code, practitioner_id, version, content)
VALUES ($1, $2, $3, $4)
ON CONFLICT (country_code, practitioner_id) DO UPDATE
    SET version = EXCLUDED.version, content = EXCLUDED.content
    WHERE calendars.version < EXCLUDED.version;
