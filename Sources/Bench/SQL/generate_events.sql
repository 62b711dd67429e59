-- name:    generate_events
-- purpose: bookings as if they had been appended, a millisecond apart: four are created, then the first is cancelled
-- params:  $1 first event number bigint · $2 last event number bigint · $3 when number 0 would have been timestamptz
-- effect:  one events row a number; of ids and sizes as in production
-- caller:  SealedHistory
INSERT INTO events (country_code, recorded_at, event_number, event_id, stream, stream_version, type, data_version, data,
                    occurred_at, correlation_id, actor_role, actor_subject, traceparent, zone_rules, key, shard,
                    relevant_until, patient_id)
SELECT 'fr', made.at, made.n, ('018f0000-0000-7001-8000-' || made.hex)::uuid, 'booking-' || made.booking,
       CASE made.place WHEN 4 THEN 2 ELSE 1 END,
       CASE made.place WHEN 4 THEN 'BookingCancelled' ELSE 'BookingCreated' END, 1,
       convert_to(
           '{"bookingId":"' || made.booking || '","practitionerId":"' || p.id || '","patientId":"' || made.patient
           || '","country":"fr","slotStart":"2026-11-20T09:30:00+01:00",'
           || CASE made.place
                  WHEN 4 THEN '"localDate":"2026-11-20","slots":[3],"reason":"other","cancelledBy":"staff"}'
                  ELSE '"slotEnd":"2026-11-20T10:00:00+01:00","localDate":"2026-11-20","slots":[3],'
                       || '"timeZone":"Europe/Paris","consultationType":"standard"}'
              END, 'UTF8'),
       made.at, 'bench-' || made.n, 'staff', 'bench', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
       '2026a', p.id, p.shard, DATE '2026-11-20', made.patient
FROM (
    SELECT n, (n - 1) % 5 AS place, $3::timestamptz + n * interval '1 millisecond' AS at,
           lpad(to_hex(n), 12, '0') AS hex,
           ('018f0000-0000-7000-8000-' || lpad(to_hex(number.booking), 12, '0'))::uuid AS booking,
           ('018f0000-0000-7002-8000-' || lpad(to_hex(number.booking), 12, '0'))::uuid AS patient, number.booking AS b
    FROM generate_series($1::bigint, $2::bigint) AS n
    CROSS JOIN LATERAL (
        SELECT (n - 1) / 5 * 4 + CASE (n - 1) % 5 WHEN 4 THEN 0 ELSE (n - 1) % 5 END AS booking
    ) AS number
    OFFSET 0  -- kept apart, so that ids are spelled once a row and not once a use
) AS made
JOIN bench_practitioners p ON p.number = made.b % 2000
