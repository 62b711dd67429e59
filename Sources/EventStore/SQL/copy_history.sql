-- name:    copy_history
-- purpose: rows of events with every column that is sealed, as they are hashed
-- params:  none: COPY takes none, RowReader replaces the comment in WHERE
-- effect:  none; rows in no order; every column of events in the order of the table, which RowScanner rests on
-- index:   the primary keys of the partitions, which begin with event_number
-- caller:  RowReader, in a REPEATABLE READ transaction
COPY (
    SELECT country_code, recorded_at, event_number, event_id, stream, stream_version, type, data_version, data,
           occurred_at, correlation_id, causation_id, actor_role, actor_subject, traceparent, zone_rules, key,
           second_key, shard, second_shard, relevant_until, patient_id
    FROM events
    WHERE (/* filter */)
) TO STDOUT (FORMAT binary)
