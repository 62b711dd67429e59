import Domain
import Postgres
import TestSupport
import Testing

@testable import EventStore

@Suite("Auditors' questions find their rows by index, however large the history is")
struct AuditPlanTests {
    struct Plan: CustomTestStringConvertible, Sendable {
        let statement: SQLStatement
        let subject: String
        /// A part of the name of the index that must be used.
        let index: String

        var testDescription: String { statement.name }
    }

    private static let id = "'01990000-0000-7000-8000-000000000001'"
    static let plans = [
        Plan(statement: SQL.auditStream, subject: "'booking-7'", index: "_stream_stream_version_idx"),
        Plan(statement: SQL.auditKey, subject: id, index: "_key_event_number_idx"),
        Plan(statement: SQL.auditPatient, subject: id, index: "_patient_id_event_number_idx"),
        Plan(statement: SQL.auditEvent, subject: id, index: "_event_id_idx"),
        // A table of this size is a few pages for every index; what counts is that no other country or month is read.
        Plan(statement: SQL.auditTime, subject: "NULL", index: "events_fr_2"),
    ]

    @Test("no question reads a month as a whole, and positions are looked up by time")
    func usesIndexes() async throws {
        try await Store.with("audit_plans") { store in
            let make = EventMaker()
            for _ in 0..<4 { try await store.append(make.bookings(5_000)) }
            try await store.run("VACUUM ANALYZE events")
            try await store.pool.withSession { session in
                try await session.execute(
                    SQLStatement(name: "custom", text: "SET plan_cache_mode = force_custom_plan"))
                for plan in Self.plans {
                    try await session.execute(
                        SQLStatement(
                            name: "prepare", text: "PREPARE plan_\(plan.statement.name) AS \(plan.statement.text)"))
                    let parameters = """
                        \(plan.subject), 'fr', now() - interval '1 hour', now() - interval '59 minutes', NULL, NULL,
                        NULL, now() - interval '1 day', 0, now() - interval '7 days', '700:700:', 51, NULL
                        """
                    let rows = try await session.query(
                        SQLStatement(
                            name: "explain_\(plan.statement.name)",
                            text: "EXPLAIN EXECUTE plan_\(plan.statement.name)(\(parameters))"))
                    let text = (0..<rows.count).map { rows.text($0, 0) }.joined(separator: "\n")
                    #expect(text.contains(plan.index), "\(plan.statement.name):\n\(text)")
                    #expect(!text.contains("Seq Scan on events_fr_2"), "\(plan.statement.name):\n\(text)")
                    #expect(!text.contains("events_de"), "another country is left out\n\(text)")
                    #expect(text.contains("outbox_stamps"), "\(plan.statement.name):\n\(text)")
                }
            }
        }
    }
}
