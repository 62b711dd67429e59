import Domain
import EventStore
import Foundation
import Postgres
import TestSupport
import Testing

@testable import BookingCommands

/// The plans that a session makes at its first batches, on tables that are still empty, and keeps.
@Suite struct PlanTests {
    struct Plan: CustomTestStringConvertible, Sendable {
        let statement: SQLStatement
        /// What the plan must go through.
        let index: String
        /// The condition with which it must be entered.
        var condition = "Cond: ((country_code = "
        /// Tables that must never be read as a whole.
        let tables: [String]

        var testDescription: String { statement.name }
    }

    static let plans = [
        Plan(statement: SQL.lockCalendars, index: "calendars_fr_pkey", tables: ["calendars"]),
        Plan(statement: SQL.readCalendars, index: "calendars_fr_pkey", tables: ["calendars"]),
        Plan(
            statement: SQL.readBookedSlots, index: "booked_slots_fr_country_code_practitioner_id_slot_start_idx",
            tables: ["booked_slots"]),
        Plan(
            statement: SQL.releaseSlots, index: "booked_slots_fr_country_code_practitioner_id_slot_start_idx",
            tables: ["booked_slots"]),
        Plan(statement: SQL.readBookings, index: "bookings_fr_pkey", tables: ["bookings"]),
        Plan(statement: SQL.updateBookings, index: "bookings_fr_pkey", tables: ["bookings"]),
        Plan(
            statement: SQL.readDisplacedBookings, index: "displacements_fr_pkey",
            tables: ["bookings", "displacements"]),
        Plan(
            statement: SQL.pagePatientBookings, index: "bookings_fr_patient_id_slot_start_booking_id_idx",
            condition: "Index Cond: (patient_id = ", tables: ["bookings"]),
        Plan(
            statement: SQL.pagePractitionerBookings, index: "bookings_fr_practitioner_id_slot_start_booking_id_idx",
            condition: "Index Cond: (practitioner_id = ", tables: ["bookings"]),
        Plan(statement: IdempotencyStore.lookup([]).statement, index: "idempotency_fr_pkey", tables: ["idempotency"]),
    ]

    @Test func statementsFindTheirRowsByIndex() async throws {
        try await Clinic.with("plans") { clinic in
            try await clinic.pool.withSession { session in
                try await session.execute(
                    SQLStatement(
                        name: "settings", text: SQL.preferIndexes.text.replacingOccurrences(of: "true", with: "false")))
                for plan in Self.plans {
                    let text = try await explain(plan.statement, session)
                    #expect(text.contains(plan.index), "\(plan.statement.name):\n\(text)")
                    // A whole table may be walked through by index too; only a condition on keys says that it is not.
                    #expect(text.contains(plan.condition), "\(plan.statement.name):\n\(text)")
                    #expect(!text.contains("Bitmap"), "\(plan.statement.name):\n\(text)")
                    for table in plan.tables {
                        #expect(!text.contains("Seq Scan on \(table)"), "\(plan.statement.name):\n\(text)")
                    }
                }
            }
        }
    }

    private func explain(_ statement: SQLStatement, _ session: PGSession) async throws -> String {
        try await session.execute(
            SQLStatement(name: "prepare", text: "PREPARE plan_\(statement.name) AS \(statement.text)"))
        let parameters = (1...20).filter { statement.text.contains("$\($0)") }
            .map { $0 == 1 && !statement.text.contains("$1::text[]") ? "'fr'" : "NULL" }
        let rows = try await session.query(
            SQLStatement(
                name: "explain_\(statement.name)",
                text: "EXPLAIN EXECUTE plan_\(statement.name)(\(parameters.joined(separator: ", ")))"))
        return (0..<rows.count).map { rows.text($0, 0) }.joined(separator: "\n")
    }

    /// The event store's rule: a transaction has its id from its head-row lock on, before it draws event numbers.
    @Test func aLockGivesTheTransactionItsId() async throws {
        try await Clinic.with("xid") { clinic in
            try await clinic.open(practitioner(1))
            try await clinic.pool.withSession { session in
                let assigned = SQLStatement(
                    name: "assigned", text: "SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
                let id = practitioner(1).pgUUID
                for known in [Int64(0), 2] {  // with the row's content, and with a copy that is current
                    let lock = PGStep(
                        SQL.lockCalendars, [.textArray(["fr"]), .uuidArray([id]), .intArray([known])])
                    let results = try await session.pipeline([
                        PGStep(.begin), PGStep(assigned), lock, PGStep(assigned), PGStep(.rollback),
                    ])
                    #expect(!results[1].bool(0, 0))
                    #expect(results[2].count == 1)
                    #expect(results[3].bool(0, 0))
                }
            }
        }
    }
}
