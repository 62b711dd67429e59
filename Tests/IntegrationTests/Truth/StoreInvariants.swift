import Postgres
import Testing

/// What must hold in the databases whatever has happened: each row counts what breaks it.
enum StoreInvariants {
    /// Expects that nothing breaks any of them.
    static func expect(_ truth: StoreTruth, _ comment: Comment) async throws {
        for (index, rule) in ofBookings.enumerated() {
            let broken = try await truth.count(truth.booking, "booking_rule_\(index)", rule.violations)
            #expect(broken == 0, "\(rule.name) (booking): \(comment)")
        }
        for (name, pool) in [("booking", truth.booking), ("practitioner", truth.practitioner)] {
            for (index, rule) in ofEveryStore.enumerated() {
                let broken = try await truth.count(pool, "store_rule_\(index)", rule.violations)
                #expect(broken == 0, "\(rule.name) (\(name)): \(comment)")
            }
        }
    }

    private static let ofBookings: [(name: String, violations: String)] = [
        (
            "G1: no two confirmed visits of a practitioner overlap",
            """
            SELECT count(*) FROM bookings a JOIN bookings b USING (country_code, practitioner_id)
            WHERE a.booking_id < b.booking_id AND a.status = 'confirmed' AND b.status = 'confirmed'
              AND a.slot_start < b.slot_end AND b.slot_start < a.slot_end
            """
        ),
        (
            "a confirmed visit holds exactly its slots, a cancelled one none",
            """
            SELECT count(*) FROM bookings b
            WHERE (SELECT count(*) FROM booked_slots s
                   WHERE s.booking_id = b.booking_id AND s.status = 'confirmed'
                     AND s.practitioner_id = b.practitioner_id AND s.local_date = b.local_date
                     AND s.slot_index >= b.first_slot AND s.slot_index < b.first_slot + b.slot_count)
                  <> CASE b.status WHEN 'confirmed' THEN b.slot_count ELSE 0 END
               OR (SELECT count(*) FROM booked_slots s WHERE s.booking_id = b.booking_id AND s.status = 'confirmed')
                  <> CASE b.status WHEN 'confirmed' THEN b.slot_count ELSE 0 END
            """
        ),
        (
            "no slot is held by a booking that does not exist",
            """
            SELECT count(*) FROM booked_slots s
            WHERE s.status = 'confirmed' AND NOT EXISTS (SELECT FROM bookings b WHERE b.booking_id = s.booking_id)
            """
        ),
        (
            "bookings are the fold of their events",
            """
            WITH folded AS (
                SELECT DISTINCT ON (stream) stream, stream_version, type, convert_from(data, 'UTF8')::jsonb AS data
                FROM events WHERE type IN ('BookingCreated', 'BookingCancelled', 'BookingRescheduled')
                ORDER BY stream, stream_version DESC)
            SELECT count(*) FROM bookings b LEFT JOIN folded f ON f.stream = 'booking-' || b.booking_id
            WHERE f.stream IS NULL
               OR (f.type = 'BookingCancelled') <> (b.status = 'cancelled')
               OR coalesce(f.data->'to'->>'practitionerId', f.data->>'practitionerId')::uuid <> b.practitioner_id
               OR coalesce(f.data->'to'->>'slotStart', f.data->>'slotStart')::timestamptz <> b.slot_start
            """
        ),
    ]

    private static let ofEveryStore: [(name: String, violations: String)] = [
        (
            "versions of a stream are dense and end at its head",
            """
            SELECT count(*) FROM (
                SELECT country_code, stream, count(*) AS events, max(stream_version) AS last FROM events
                GROUP BY country_code, stream) e
            FULL JOIN stream_heads h USING (country_code, stream)
            WHERE e.events IS DISTINCT FROM h.version OR e.last IS DISTINCT FROM h.version
            """
        ),
        (
            "G2: every event waits in the outbox or has a position",
            """
            WITH owed AS (
                SELECT event_number * 2 AS id FROM events
                UNION ALL SELECT event_number * 2 + 1 FROM events WHERE second_key IS NOT NULL),
            known AS (
                SELECT outbox_id AS id FROM outbox
                UNION ALL SELECT unnest(outbox_ids) FROM outbox_stamps)
            SELECT (SELECT count(*) FROM (SELECT id FROM owed EXCEPT ALL SELECT id FROM known) lost)
                 + (SELECT count(*) FROM (SELECT id FROM known EXCEPT ALL SELECT id FROM owed) invented)
            """
        ),
        (
            "G4: positions of a shard are dense from 1",
            """
            SELECT count(*) FROM (
                SELECT first_position,
                       lag(last_position, 1, 0::bigint) OVER (PARTITION BY shard ORDER BY first_position)
                       AS before
                FROM outbox_stamps) s
            WHERE first_position <> before + 1
            """
        ),
        (
            "G4: epochs of a shard only grow with its positions: nobody stamped after somebody newer did",
            """
            SELECT count(*) FROM (
                SELECT epoch, lag(epoch) OVER (PARTITION BY shard ORDER BY first_position) AS before
                FROM outbox_stamps) s
            WHERE before > epoch
            """
        ),
        (
            "G4: positions follow the order of a practitioner's events",
            """
            WITH stamped AS (
                SELECT s.shard, s.first_position + o.ordinality - 1 AS position, o.id
                FROM outbox_stamps s CROSS JOIN LATERAL unnest(s.outbox_ids) WITH ORDINALITY AS o (id, ordinality)),
            keyed AS (
                SELECT position, e.event_number, CASE id % 2 WHEN 0 THEN e.key ELSE e.second_key END AS key
                FROM stamped JOIN events e ON e.event_number = id / 2)
            SELECT count(*) FROM (
                SELECT event_number, lag(event_number) OVER (PARTITION BY key ORDER BY position) AS before FROM keyed) k
            WHERE before > event_number
            """
        ),
    ]
}
