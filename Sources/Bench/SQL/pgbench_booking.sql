-- name:    pgbench_booking
-- purpose: what a booking costs without batches: one transaction, statement by statement, with the rows of ours
-- params:  pgbench variables: n and run are set on its command line, clients, practitioners, data_bytes, body_bytes too
-- effect:  the calendar's row lock and look-up of the key; then head, event, outbox row, guard row, booking, stored
--          answer
-- caller:  BookingLimit, by pgbench --protocol=prepared
\set n :n + 1
\set place :n * :clients + :client_id
\set slot :place / :practitioners
\set practitioner :place % :practitioners
BEGIN;
SELECT version FROM calendars
WHERE country_code = 'fr' AND practitioner_id = md5((:practitioner)::int::text)::uuid
FOR UPDATE;
SELECT status FROM idempotency
WHERE country_code = 'fr' AND caller = 'bench-limit' AND key = :run::int || '-' || :place::int;
INSERT INTO stream_heads (country_code, stream, version)
VALUES ('fr', 'booking-' || md5('b' || :run::int || '-' || :place::int)::uuid, 1);
WITH appended AS (
    INSERT INTO events (country_code, recorded_at, event_number, event_id, stream, stream_version, type, data_version,
                        data, occurred_at, correlation_id, actor_role, actor_subject, zone_rules, key, shard,
                        relevant_until)
    VALUES ('fr', clock_timestamp(), nextval('event_numbers'), gen_random_uuid(),
            'booking-' || md5('b' || :run::int || '-' || :place::int)::uuid, 1, 'BookingCreated', 1,
            convert_to(repeat('x', :data_bytes::int), 'UTF8'), clock_timestamp(), 'bench-correlation-of-a-request',
            'staff', 'bench-limit', '2026a', md5((:practitioner)::int::text)::uuid, :practitioner::int % 6,
            date '2030-01-01' + :slot::int / 24)
    RETURNING event_number, country_code, recorded_at, shard
)
INSERT INTO outbox (outbox_id, shard, event_number, country_code, recorded_at)
SELECT event_number * 2, shard, event_number, country_code, recorded_at FROM appended;
INSERT INTO booked_slots (country_code, practitioner_id, slot_start, local_date, slot_index, booking_id, status)
VALUES ('fr', md5((:practitioner)::int::text)::uuid,
        timestamptz '2030-01-01Z' + (:run::int * 100000 + :slot::int) * interval '30 minutes',
        date '2030-01-01' + :slot::int / 24, :slot::int % 24, md5('b' || :run::int || '-' || :place::int)::uuid,
        'confirmed');
INSERT INTO bookings (country_code, booking_id, version, status, practitioner_id, patient_id, consultation_type,
                      slot_start, slot_end, local_date, first_slot, slot_count, time_zone, made_by_role, made_by,
                      created_at, updated_at)
VALUES ('fr', md5('b' || :run::int || '-' || :place::int)::uuid, 1, 'confirmed', md5((:practitioner)::int::text)::uuid,
        md5('patient')::uuid, 'standard',
        timestamptz '2030-01-01Z' + (:run::int * 100000 + :slot::int) * interval '30 minutes',
        timestamptz '2030-01-01Z' + (:run::int * 100000 + :slot::int + 1) * interval '30 minutes',
        date '2030-01-01' + :slot::int / 24, :slot::int % 24, 1, 'Europe/Paris', 'staff', 'bench-limit',
        clock_timestamp(), clock_timestamp());
INSERT INTO idempotency (country_code, caller, key, fingerprint, status, headers, body)
VALUES ('fr', 'bench-limit', :run::int || '-' || :place::int, convert_to(repeat('f', 32), 'UTF8'), 201,
        '[["Location","/fr/v1/bookings/00000000-0000-0000-0000-000000000000"],["ETag","\"1\""]]',
        convert_to(repeat('x', :body_bytes::int), 'UTF8'));
COMMIT;
