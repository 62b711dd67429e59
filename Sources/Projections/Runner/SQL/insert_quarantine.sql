-- name:    insert_quarantine
-- purpose: let practitioners wait from the first event on that could not be taken in
-- params:  $1 model text · $2 epoch bigint · $3 kafka_partition smallint, then one element a practitioner
--          $4 practitioner ids uuid[] · $5 countries text[] · $6 topics text[] · $7 positions bigint[]
--          $8 record offsets bigint[] · $9 event ids uuid[] · $10 event types text[] · $11 data versions int[]
--          $12 reasons text[]
-- effect:  one row each; who waits already keeps the event that came first
-- index:   quarantine_open
-- caller:  Quarantine
INSERT INTO quarantine (
    model, epoch, kafka_partition, practitioner_id, country_code, topic, position, record_offset, event_id, event_type,
    data_version, reason, since)
SELECT $1::text, $2::bigint, $3::smallint, n.practitioner_id, n.country_code, n.topic, n.position, n.record_offset,
       n.event_id, n.event_type, n.data_version, n.reason, clock_timestamp()
FROM unnest(
    $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::uuid[], $10::text[], $11::int[], $12::text[]
) AS n (
    practitioner_id, country_code, topic, position, record_offset, event_id, event_type, data_version, reason)
ON CONFLICT (model, epoch, practitioner_id) WHERE ended_at IS NULL DO NOTHING
