-- name:    copy_baseline
-- purpose: everything that a model must be built from, at or below the positions of one snapshot
-- params:  none: COPY takes none, BaselineFilter replaces the comment in WHERE
-- effect:  none; an event whose every side still waits in the outbox is left out, of others each side says whether it
--          waits
-- index:   events_by_relevance where a day is asked for; the outbox is small and hashed
-- caller:  Baseline, in a REPEATABLE READ transaction
COPY (
    SELECT e.event_number, e.recorded_at, e.event_id, e.stream, e.stream_version, e.type, e.data_version, e.data,
           e.country_code, e.shard, e.second_shard,
           COALESCE(w.first_waits, false), COALESCE(w.second_waits, false)
    FROM events e
    LEFT JOIN (
        SELECT event_number, bool_or(outbox_id & 1 = 0) AS first_waits, bool_or(outbox_id & 1 = 1) AS second_waits
        FROM outbox GROUP BY event_number
    ) AS w ON w.event_number = e.event_number
    WHERE (w.event_number IS NULL OR NOT w.first_waits OR (e.second_key IS NOT NULL AND NOT w.second_waits))
      AND (/* filter */)
) TO STDOUT (FORMAT binary)
