-- name:    append_events
-- purpose: store events together with the outbox rows that publish them
-- params:  $1 countries text[] · $2 event ids uuid[] · $3 streams text[] · $4 stream versions bigint[] · $5 types
--          text[]
--          $6 data versions int[] · $7 data bytea[] · $8 occurred at timestamptz[] · $9 correlation ids text[]
--          $10 causation ids text[] · $11 actor roles text[] · $12 actor subjects text[] · $13 traceparents text[]
--          $14 zone rules text[] · $15 keys uuid[] · $16 second keys uuid[] · $17 shards int[] · $18 second shards
--          bigint[]
--          $19 relevant until date[] · $20 patients uuid[] (NULL where the key is the patient, or there is none)
-- effect:  one events row an element and one outbox row a key; numbers ascend in the order of the arrays; fails with
--          BK001 if a row is missing. Answers event_number and recorded_at in that order.
-- order:   numbers are drawn here, under the head rows that the transaction has locked before: whoever locks one of
--          them next draws greater numbers and is seen later (DESIGN section 5). An id drawn before the lock would not
--          be.
-- caller:  EventAppend
WITH moment AS MATERIALIZED (
    SELECT clock_timestamp() AS at
), given AS MATERIALIZED (
    SELECT *
    FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::int[], $7::bytea[],
                $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
                $15::uuid[], $16::uuid[], $17::int[], $18::bigint[], $19::date[], $20::uuid[])
         WITH ORDINALITY AS g (country_code, event_id, stream, stream_version, type, data_version, data,
                               occurred_at, correlation_id, causation_id, actor_role, actor_subject, traceparent,
                               zone_rules, key, second_key, shard, second_shard, relevant_until, patient_id,
                               place)
    ORDER BY place
), inserted AS (
    INSERT INTO events (country_code, recorded_at, event_number, event_id, stream, stream_version, type, data_version,
                        data, occurred_at, correlation_id, causation_id, actor_role, actor_subject, traceparent,
                        zone_rules, key, second_key, shard, second_shard, relevant_until, patient_id)
    SELECT country_code, (SELECT at FROM moment), nextval('event_numbers'), event_id, stream, stream_version, type,
           data_version, data, occurred_at, correlation_id, causation_id, actor_role, actor_subject, traceparent,
           zone_rules, key, second_key, shard, second_shard, relevant_until, patient_id
    FROM given
    RETURNING event_number, recorded_at, country_code, shard, second_shard
), queued AS (
    INSERT INTO outbox (outbox_id, shard, event_number, country_code, recorded_at)
    SELECT event_number * 2 + side, CASE side WHEN 0 THEN shard ELSE second_shard END, event_number, country_code,
           recorded_at
    FROM inserted CROSS JOIN (VALUES (0), (1)) AS sides (side)
    WHERE side = 0 OR second_shard IS NOT NULL
    ORDER BY 1
    RETURNING outbox_id
)
SELECT event_number, recorded_at,
       (SELECT require_rows(count(*), cardinality($2::uuid[]) + count(nullif(outbox_id & 1, 0)), 'BK001') FROM queued)
FROM inserted
ORDER BY event_number
