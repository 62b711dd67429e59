import Foundation
import Postgres
import TestSupport
import Testing

extension BlackBox {
    /// What happened can be checked against signed heads that lie outside the databases.
    @Suite("G8: everything that has a position comes under a signed head")
    struct SealedHistory {
        @Test(
            "G8: kill -9 of the relays between heads, and a clean stop, leave nothing without a head",
            arguments: SystemShape.allCases)
        func sealsAcrossCrashes(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let patient = try await staff.registerPatient()
                let practices = try await staff.openPractices(3)
                try await book(practices[0], patient, as: staff)
                try await expectSealed(system, "after the first bookings")
                let sizes = try heads(of: system)
                try await book(practices[1], patient, as: staff)
                let relays = system.members(with: .relay)
                try await system.crash(relays)
                try await system.restart(relays)
                try await book(practices[2], patient, as: staff)
                try await system.restartCleanly()
                try await expectSealed(system, "after kill -9 and a clean stop")
                for (origin, size) in try heads(of: system) { #expect(size >= sizes[origin] ?? 0, "\(origin)") }
                for member in system.members(with: .relay) {
                    let ready = try await system.operations(member, "/readyz")
                    #expect(ready.text.contains("\"history\""))
                    let metrics = try await system.operations(member, "/metrics")
                    #expect(metrics.text.contains("history_seal_broken{database=\"booking\"} 0"))
                }
            }
        }

        private func book(_ practice: String, _ patient: String, as caller: Caller) async throws {
            for slot in 0..<12 {
                _ = try await caller.book(practice, patient, at: Wall.start(slot, inDays: 2), key: newKey())
                    .expecting(201)
            }
        }

        /// Waits until the latest head of each tree has as many leaves as its shard has positions.
        private func expectSealed(_ system: SystemUnderTest, _ when: String) async throws {
            let databases = [
                ("booking", system.servers.booking), ("practitioner", system.servers.practitioner),
                ("patient", system.servers.patient),
            ]
            for (name, database) in databases {
                let pool = PGPool(url: database.url, label: "test-sealed", sessionsMax: 1)
                do {
                    try await eventually("\(name) is sealed \(when)", within: .seconds(40)) {
                        let waiting = try await pool.query(SQLStatement(name: "waiting", text: Self.waiting))
                        let stamped = try await pool.query(SQLStatement(name: "stamped", text: Self.stamped))
                        let sizes = try heads(of: system)
                        return waiting.int(0, 0) == 0 && stamped.count > 0
                            && (0..<stamped.count).allSatisfy { row in
                                sizes["appointments/\(name)/\(stamped.int(row, 0))"] == stamped.int(row, 1)
                            }
                    }
                } catch {
                    await pool.close()
                    throw error
                }
                await pool.close()
            }
        }

        private static let waiting = "SELECT count(*) FROM outbox"
        private static let stamped = "SELECT shard, max(last_position) FROM outbox_stamps GROUP BY shard"

        /// The size of the last head of each tree in the log's files, read as anybody would read them.
        private func heads(of system: SystemUnderTest) throws -> [String: Int64] {
            var sizes: [String: Int64] = [:]
            let folder = URL(fileURLWithPath: system.folder.heads)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            for name in names.filter({ $0.hasSuffix(".txt") }).sorted() {
                let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
                for record in text.split(separator: "\n=== ") {
                    let lines = record.split(separator: "\n", omittingEmptySubsequences: false)
                    guard lines.count > 3, let size = Int64(lines[2]) else { continue }  // a list of all heads
                    sizes[String(lines[1])] = size
                }
            }
            return sizes
        }
    }
}
