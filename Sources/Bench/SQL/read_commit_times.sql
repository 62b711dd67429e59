-- name:    read_commit_times
-- purpose: when the events of some bookings were written, by the clock of this machine
-- params:  $1 practitioners uuid[] · $2 slot starts timestamptz[]
-- effect:  none; place in the arrays from 1, and a moment shortly before the commit
-- index:   bookings_by_practitioner, events_by_stream
-- caller:  MixedFigures
SELECT g.place, e.recorded_at
FROM unnest($1::uuid[], $2::timestamptz[]) WITH ORDINALITY AS g (practitioner_id, slot_start, place)
JOIN bookings b ON b.country_code = 'fr' AND b.practitioner_id = g.practitioner_id AND b.slot_start = g.slot_start
JOIN events e ON e.country_code = 'fr' AND e.stream = 'booking-' || b.booking_id AND e.stream_version = 1
