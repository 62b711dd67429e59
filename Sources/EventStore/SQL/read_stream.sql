-- name:    read_stream
-- purpose: the events of one stream in order
-- params:  $1 country text · $2 stream text · $3 from version bigint · $4 limit bigint
-- effect:  none; rows by version
-- index:   events_by_stream (stream, stream_version), in each monthly partition of the country
-- caller:  EventReader
SELECT event_number, recorded_at, event_id, stream, stream_version, type, data_version, data, occurred_at,
       correlation_id, causation_id, actor_role, actor_subject, traceparent, zone_rules, country_code, key, second_key,
       shard, second_shard
FROM events
WHERE country_code = $1 AND stream = $2 AND stream_version >= $3
ORDER BY stream_version
LIMIT $4
