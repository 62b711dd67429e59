import Domain
import EventStore
import Kafka
import Postgres
import TestSupport

/// Three databases with the store's schema, as an installation has them, and an auditor's view of them.
struct AuditLedger: Sendable {
    let booking: Store
    let practitioner: Store
    let patient: Store
    let reader: AuditReader
    let make = EventMaker()

    static func with<T>(_ suite: String, _ body: (AuditLedger) async throws -> sending T) async throws -> sending T {
        try await Store.with("\(suite)_b") { booking in
            try await Store.lend("\(suite)_p") { practitioner in
                try await Store.lend("\(suite)_t") { patient in
                    try await body(
                        AuditLedger(
                            booking: booking, practitioner: practitioner, patient: patient,
                            reader: AuditReader(
                                booking: booking.pool, practitioner: practitioner.pool, patient: patient.pool)))
                }
            }
        }
    }

    /// Reads all pages of an answer, `limit` events a page.
    func pages(
        _ subject: AuditSubject, _ filter: AuditFilter = AuditFilter(), limit: Int,
        between: (Int) async throws -> Void = { _ in }
    ) async throws -> [AuditEvent] {
        var events: [AuditEvent] = []
        var cursor: AuditCursor?
        var number = 0
        repeat {
            let page = try await reader.page(subject, filter, limit: limit, after: cursor)
            events += page.events
            // What goes to a caller and comes back is bytes.
            cursor = try page.next.map { try AuditCursor(bytes: $0.bytes) }
            number += 1
            try await between(number)
        } while cursor != nil
        return events
    }

    /// Gives everything a position, as the relayer does.
    func stamp() async throws {
        for store in [booking, practitioner, patient] {
            let settings = store.relayer("one", topic: nil, kafka: KafkaSettings(bootstrapServers: "127.0.0.1:1"))
            try await store.relaying([settings]) { _ in
                try await eventually("all are stamped") { try await store.int("SELECT count(*) FROM outbox") == 0 }
            }
        }
    }
}
