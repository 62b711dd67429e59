-- name:    find_event_numbers
-- purpose: where rows of events go on from a number
-- params:  $1 from this number on bigint
-- effect:  none; one row, NULL where there is none
-- index:   the primary keys of the events' partitions
-- caller:  HistoryReading
SELECT min(event_number) FROM events WHERE event_number >= $1
