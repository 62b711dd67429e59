-- name:    read_row_as
-- purpose: a row as it would be sealed at another place or under another number: do two rows stand in each other's
--          place?
-- params:  $1 event number bigint · $2 position bigint · $3 side bigint · $4 number to show bigint
-- effect:  none; the columns of read_rows_to_seal
-- index:   the primary keys of the events' partitions
-- caller:  FindingDetails
SELECT $2::bigint AS position, $3::bigint AS side, e.country_code, e.recorded_at, $4::bigint AS event_number,
       e.event_id, e.stream, e.stream_version, e.type, e.data_version, e.data, e.occurred_at, e.correlation_id,
       e.causation_id, e.actor_role, e.actor_subject, e.traceparent, e.zone_rules, e.key, e.second_key, e.shard,
       e.second_shard, e.relevant_until, e.patient_id
FROM events e
WHERE e.event_number = $1
