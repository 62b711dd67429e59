import Domain
import Foundation
import Postgres
import TestSupport
import Testing

extension BlackBox {
    /// Somebody with the superuser's psql rewrites what happened, beside the running system.
    @Suite("G8: an altered row is named, and proofs hold where there is no database")
    struct AlteredHistory {
        /// One sealed event.
        private struct Victim: Sendable {
            let id: String
            let number: Int64
            let shard: Int64
            let position: Int64
        }

        @Test("G8: psql changes one row; verify names that event and its position; an auditor's files still prove it")
        func namesTheRow() async throws {
            try await SystemUnderTest.with(.together) { system in
                let victim = try await fill(system)
                let files = try await auditorsFiles(of: victim, system)  // once it is under a signed head
                let proven = try await system.replay("verify", "history")
                #expect(proven.exit == .code(0), "\(proven.output)")
                #expect(proven.output.contains("The history is the one that was sealed."))

                let url = system.servers.booking.url
                let psql = try await Checkout(of: system).run(
                    """
                    psql -X -v ON_ERROR_STOP=1 '\(url)' -c 'SET session_replication_role = replica' -c "UPDATE events
                    SET data = convert_to(replace(convert_from(data, 'UTF8'), 'standard', 'st4ndard'), 'UTF8')
                    WHERE event_id = '\(victim.id)'"
                    """)
                #expect(psql.exit == .code(0) && psql.output.contains("UPDATE 1"), "\(psql.output)")

                let accused = try await system.replay("verify", "history")
                #expect(accused.exit == .code(1), "\(accused.output)")
                let place = "WRONG booking shard \(victim.shard) position \(victim.position): row-changed"
                #expect(accused.output.contains(place), "\(accused.output)")
                #expect(accused.output.contains("event number \(victim.number), id \(victim.id)"), "\(accused.output)")
                #expect(accused.output.ranges(of: "WRONG").count == 1, "nothing else is accused: \(accused.output)")

                try await checkOffline(files, victim)
                try await verifyElsewhere(system, victim)
            }
        }

        /// Bookings in a practice, and one of them once it is under a signed head.
        private func fill(_ system: SystemUnderTest) async throws -> Victim {
            let staff = try system.caller()
            let practice = try await staff.openPractice()
            let patient = try await staff.registerPatient()
            for slot in 0..<8 {
                _ = try await staff.book(practice, patient, at: Wall.start(slot, inDays: 2)).expecting(201)
            }
            let pool = PGPool(url: system.servers.booking.url, label: "test-victim", sessionsMax: 1)
            do {
                let victim = try await eventually("bookings have positions", within: .seconds(30)) { () -> Victim? in
                    let rows = try await pool.query(SQLStatement(name: "victim", text: Self.readVictim))
                    guard rows.count == 1 else { return nil }
                    return Victim(
                        id: rows.text(0, 0), number: rows.int(0, 1), shard: rows.int(0, 2), position: rows.int(0, 3))
                }
                await pool.close()
                return victim
            } catch {
                await pool.close()
                throw error
            }
        }

        /// Takes a proof and an export away, with the public key and nothing else.
        private func auditorsFiles(of victim: Victim, _ system: SystemUnderTest) async throws -> String {
            let folder = "\(system.folder.path)/auditor"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try await eventually("the event is under a signed head", within: .seconds(60), every: .milliseconds(500)) {
                try await system.replay("audit", "proof", victim.id, "--output", "\(folder)/event.json").exit
                    == .code(0)
            }
            let written = try await system.replay(
                "verify", "history", "--database", "booking", "--shard", "\(victim.shard)", "--write",
                "\(folder)/range.jsonl")
            #expect(written.exit == .code(0), "\(written.output)")
            try FileManager.default.copyItem(
                atPath: "\(system.folder.path)/history/public.pem", toPath: "\(folder)/public.pem")
            return folder
        }

        /// A process without a single setting, in a folder with three files.
        private func checkOffline(_ folder: String, _ victim: Victim) async throws {
            func replay(_ arguments: String...) async throws -> (exit: RunningProgram.Exit, output: String) {
                let log = "\(folder)-\(UUID().uuidString).log"
                let program = try RunningProgram(
                    "/usr/bin/env",
                    ["-i", "-C", folder, try TestServers.replayProgram(), "verify", "history"] + arguments
                        + ["--key", "public.pem"],
                    environment: [:], logPath: log)
                return (try await program.waitForExit(within: .seconds(30)), program.output())
            }
            let proof = try await replay("--proof", "event.json")
            #expect(proof.exit == .code(0), "\(proof.output)")
            #expect(proof.output.contains("The proof holds.") && proof.output.contains(victim.id))
            let export = try await replay("--export", "range.jsonl")
            #expect(export.exit == .code(0) && export.output.contains("The export holds."), "\(export.output)")

            for name in ["event.json", "range.jsonl"] {
                let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                let forged = text.replacing(
                    "\"actor_subject\":\"test-staff\"", with: "\"actor_subject\":\"test-stuff\"")
                #expect(forged != text, "\(name) says who did it")
                try Data(forged.utf8).write(to: URL(fileURLWithPath: "\(folder)/forged-\(name)"))
            }
            #expect(try await replay("--proof", "forged-event.json").exit == .code(1))
            #expect(try await replay("--export", "forged-range.jsonl").exit == .code(1))
        }

        /// What was altered in one shard is no reason to doubt another one; the range before the row is proven, too.
        private func verifyElsewhere(_ system: SystemUnderTest, _ victim: Victim) async throws {
            let other = try await system.replay("verify", "history", "--database", "practitioner")
            #expect(other.exit == .code(0), "\(other.output)")
            let part = try await system.replay(
                "verify", "history", "--database", "booking", "--shard", "\(victim.shard)", "--json")
            #expect(part.exit == .code(1), "\(part.output)")
            #expect(part.output.contains("\"kind\":\"row-changed\"") && part.output.contains(victim.id))
        }

        /// The fourth booking: not the first row of its tree, and not the last.
        private static let readVictim = """
            SELECT e.event_id::text, e.event_number, s.shard::bigint, s.first_position + o.ordinality - 1
            FROM events e
            JOIN outbox_stamps s ON e.event_number * 2 = ANY (s.outbox_ids)
            CROSS JOIN LATERAL unnest(s.outbox_ids) WITH ORDINALITY AS o (id, ordinality)
            WHERE e.type = 'BookingCreated' AND o.id = e.event_number * 2
            ORDER BY e.event_number
            OFFSET 3 LIMIT 1
            """
    }
}
