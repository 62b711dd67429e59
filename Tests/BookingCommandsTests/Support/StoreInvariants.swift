import Testing

/// What must hold of the booking database whatever ran before, each as a query that counts offenders.
struct StoreInvariant: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let offenders: String

    static let all = [
        StoreInvariant(
            testDescription: "no two confirmed bookings share a slot (G1)",
            offenders: """
                SELECT count(*) FROM bookings a JOIN bookings b USING (country_code, practitioner_id, local_date)
                WHERE a.booking_id < b.booking_id AND a.status = 'confirmed' AND b.status = 'confirmed'
                    AND int4range(a.first_slot, a.first_slot + a.slot_count)
                        && int4range(b.first_slot, b.first_slot + b.slot_count)
                """),
        StoreInvariant(
            testDescription: "guard rows are the slots of confirmed bookings, no more and no fewer",
            offenders: """
                WITH guards AS (
                    SELECT practitioner_id, local_date, slot_index::int, booking_id FROM booked_slots
                    WHERE status = 'confirmed'
                ), wanted AS (
                    SELECT practitioner_id, local_date, generate_series(first_slot, first_slot + slot_count - 1)::int,
                           booking_id
                    FROM bookings WHERE status = 'confirmed'
                )
                SELECT count(*) FROM ((TABLE guards EXCEPT ALL TABLE wanted)
                                      UNION ALL (TABLE wanted EXCEPT ALL TABLE guards)) AS difference
                """),
        StoreInvariant(
            testDescription: "versions of a stream are dense from 1 and end at its head",
            offenders: """
                SELECT count(*) FROM (
                    SELECT stream, min(stream_version) AS low, max(stream_version) AS high, count(*) AS events,
                           count(DISTINCT stream_version) AS versions
                    FROM events GROUP BY stream) AS e
                FULL JOIN stream_heads h USING (stream)
                WHERE (e.low, e.high, e.events, e.versions)
                    IS DISTINCT FROM (1::bigint, h.version, h.version, h.version)
                """),
        StoreInvariant(
            testDescription: "versions of a stream follow the numbers of its events",
            offenders: """
                SELECT count(*) FROM (
                    SELECT stream_version, row_number() OVER (PARTITION BY stream ORDER BY event_number) AS place
                    FROM events) AS e
                WHERE stream_version <> place
                """),
        StoreInvariant(
            testDescription: "each event has one outbox row a key, in the key's shard",
            offenders: """
                WITH wanted AS (
                    SELECT event_number * 2 AS outbox_id, shard, event_number FROM events
                    UNION ALL
                    SELECT event_number * 2 + 1, second_shard, event_number FROM events WHERE second_key IS NOT NULL
                ), stored AS (
                    SELECT outbox_id, shard, event_number FROM outbox
                )
                SELECT count(*) FROM ((TABLE stored EXCEPT ALL TABLE wanted)
                                      UNION ALL (TABLE wanted EXCEPT ALL TABLE stored)) AS difference
                """),
        StoreInvariant(
            testDescription: "a booking's row is what its events come to",
            offenders: """
                WITH history AS (
                    SELECT stream, stream_version, type, convert_from(data, 'UTF8')::jsonb AS data FROM events
                ), last_place AS (
                    SELECT DISTINCT ON (stream) stream, coalesce(data -> 'to', data) AS place,
                           data ->> 'patientId' AS patient
                    FROM history WHERE type IN ('BookingCreated', 'BookingRescheduled')
                    ORDER BY stream, stream_version DESC
                ), folded AS (
                    SELECT h.stream, count(*) AS version, bool_or(h.type = 'BookingCancelled') AS cancelled
                    FROM history h GROUP BY h.stream
                ), wanted AS (
                    SELECT f.stream, f.version, CASE WHEN f.cancelled THEN 'cancelled' ELSE 'confirmed' END,
                           (p.place ->> 'practitionerId')::uuid, (p.place ->> 'slotStart')::timestamptz,
                           (p.place ->> 'localDate')::date, (p.place -> 'slots' ->> 0)::int,
                           jsonb_array_length(p.place -> 'slots'), p.patient::uuid
                    FROM folded f JOIN last_place p USING (stream)
                ), stored AS (
                    SELECT 'booking-' || booking_id, version, status, practitioner_id, slot_start, local_date,
                           first_slot::int, slot_count::int, patient_id
                    FROM bookings
                )
                SELECT count(*) FROM ((TABLE stored EXCEPT ALL TABLE wanted)
                                      UNION ALL (TABLE wanted EXCEPT ALL TABLE stored)) AS difference
                """),
        StoreInvariant(
            testDescription: "each event that a caller wanted has a stored answer",
            offenders: """
                SELECT greatest(0, (SELECT count(*) FROM events WHERE actor_role <> 'system')
                    - (SELECT count(*) FROM idempotency WHERE status IN (200, 201)))
                """),
    ]
}

extension Clinic {
    /// Asks for every offender; `seed` says how to run a storm again.
    func expectSound(seed: UInt64? = nil) async throws {
        for invariant in StoreInvariant.all {
            let offenders = try await count(invariant.offenders)
            #expect(offenders == 0, "\(invariant.testDescription); TEST_SEED=\(seed.map(String.init) ?? "-")")
        }
    }
}
