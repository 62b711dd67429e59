-- name:    read_calendar_events
-- purpose: what happened to some practitioners after the versions that are known: nothing, for most of them
-- params:  $1 countries text[] · $2 streams text[] · $3 known versions bigint[], all of one length
-- effect:  none; place in the arrays (from 1), version, type, data version, data, id, and whether an operator decided
--          to do without the event, in order of place and version
-- index:   events_by_stream of the partitions of each country; quarantine_skips_once
-- caller:  CalendarReader
SELECT w.place, e.stream_version, e.type, e.data_version, e.data, e.event_id,
       EXISTS (SELECT FROM quarantine_skips AS s WHERE s.model = 'availability' AND s.practitioner_id = e.key
               AND s.event_id = e.event_id)
FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY AS w (country_code, stream, version, place)
JOIN events e ON e.country_code = w.country_code AND e.stream = w.stream AND e.stream_version > w.version
ORDER BY w.place, e.stream_version
