-- name:    copy_scan
-- purpose: one stretch of one partition of the events, as it lies on disk
-- params:  none: COPY takes none, BaselineScan replaces the comments by the partition's name, by a range of pages and
--          by what BaselineFilter asks for
-- effect:  none; also events that still wait in the outbox: the reader knows those of its snapshot and leaves them out,
--          which costs less than joining each row with them
-- index:   none where a range is asked for; else events_by_relevance where the planner prefers it
-- caller:  BaselineScan, in a REPEATABLE READ transaction
COPY (
    SELECT e.event_number, e.recorded_at, e.event_id, e.stream_version, e.type, e.data_version, e.data,
           e.country_code, e.shard, e.second_shard, e.key, e.second_key
    FROM ONLY /* partition */ e
    WHERE /* range */ AND (/* filter */)
) TO STDOUT (FORMAT binary)
