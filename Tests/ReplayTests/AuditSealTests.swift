import Configuration
import Crypto
import Domain
import EventStore
import Foundation
import JSON
import Observability
import Postgres
import TestSupport
import Testing

@testable import replay

/// What auditors ask of sealed history by command: heads, proofs, a stretch that is read again (G8).
@Suite("replay audit proof, heads, verify")
struct AuditSealTests {
    /// A bed whose booking history is sealed, with a booking that was moved to another practitioner.
    private struct Sealed {
        let bed: ReplayBed
        let folder: String
        let environment: [String: String]
        let moved: String

        func audit(_ arguments: String...) async -> (code: ExitCode, answer: String, complaint: String) {
            await run(["audit"] + arguments)
        }

        func run(_ arguments: [String]) async -> (code: ExitCode, answer: String, complaint: String) {
            let captured = CapturedConsole()
            let program = ReplayProgram(environment: environment, console: captured.console)
            let code = await program.run(["replay"] + arguments)
            return (code, captured.answer, captured.complaint)
        }
    }

    private func withSealed(_ body: (Sealed) async throws -> Void) async throws {
        try await ReplayBed.with { bed in
            let folder = FileManager.default.temporaryDirectory.appending(path: "audit-seal-\(UUID())").path
            try FileManager.default.createDirectory(atPath: "\(folder)/heads", withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let history = History(bed)
            try await history.register(2, in: .fr)
            let booking = try await history.book(history.practitioners[0], slot: 2, in: .fr)
            try await history.move(booking, to: history.practitioners[1], slot: 4)
            try await bed.relay()
            let key = try Ed25519PrivateKey()
            try Data(try key.publicKey.pem.utf8).write(to: URL(filePath: "\(folder)/public.pem"))
            try await seal(bed, key, FileHeadLog(folder: "\(folder)/heads", clock: SystemClock()))
            let rows = try await bed.bookings.query(
                SQLStatement(
                    name: "moved", text: "SELECT event_id::text FROM events WHERE type = 'BookingRescheduled'"))
            try await body(
                Sealed(
                    bed: bed, folder: folder,
                    environment: bed.environment.merging([
                        "HISTORY_HEADS": "file:\(folder)/heads", "HISTORY_PUBLIC_KEY": "file:\(folder)/public.pem",
                    ]) { $1 }, moved: rows.text(0, 0)))
        }
    }

    private func seal(_ bed: ReplayBed, _ key: Ed25519PrivateKey, _ log: FileHeadLog) async throws {
        var settings = SealerSettings(
            databaseURL: bed.environment["BOOKING_DATABASE_URL"] ?? "", database: "booking")
        settings.interval = .milliseconds(20)
        let sealer = try Sealer(
            settings, key: key, heads: log, shards: { Shard.sealed }, clock: SystemClock(),
            metrics: SealMetrics(Metrics()), log: .silent)
        await sealer.start()
        try await eventually("the history is sealed") {
            let latest = try await log.latest()
            return try await EventReader(bed.bookings).heads().allSatisfy { head in
                let note = latest[SealedTree(database: "booking", shard: head.shard).origin]
                return try note.map { try Checkpoint(text: $0.text).size } ?? 0 == head.stamped
            }
        }
        await sealer.stop()
    }

    @Test("each place of a moved booking's event has a proof that is checked without a database")
    func proves() async throws {
        try await withSealed { sealed in
            let both = await sealed.audit("proof", sealed.moved)
            #expect(both.code == .success && both.answer.split(separator: "\n").count == 2)
            for place in ["1", "2"] {
                let file = "\(sealed.folder)/proof-\(place).json"
                let made = await sealed.audit("proof", sealed.moved, "--place", place, "--output", file)
                #expect(made.code == .success && made.answer.isEmpty)
                let captured = CapturedConsole()
                let code = await ReplayProgram(environment: [:], console: captured.console).run([
                    "replay", "verify", "history", "--proof", file, "--key", "\(sealed.folder)/public.pem",
                ])
                #expect(code == .success, "\(captured.complaint)")
                let bytes = try Data(contentsOf: URL(filePath: file))
                #expect(String(decoding: bytes, as: UTF8.self).contains(sealed.moved))
            }
            let third = await sealed.audit("proof", sealed.moved, "--place", "3")
            #expect(third.code == .usage)
            let nothing = await sealed.audit("proof", "01990000-0000-7000-8000-000000000001")
            #expect(nothing.code == .refused && nothing.complaint.contains("no such event"))
        }
    }

    @Test("an event that no head covers yet is refused with the reason, not proven by hope")
    func refusesUnsealed() async throws {
        try await withSealed { sealed in
            _ = await sealed.audit("heads")  // the question is an event; nobody relays here, so it has no position
            let asked = await sealed.audit("events", "--type", "OperationRecorded", "--json")
            let row = try parseJSON(Array(try #require(asked.answer.split(separator: "\n").first).utf8))
            let answer = await sealed.audit("proof", try #require(row["eventId"]?.stringValue))
            #expect(answer.code == .refused && answer.complaint.contains("no position yet"))
        }
    }

    @Test("heads are listed with whether our key signed them")
    func listsHeads() async throws {
        try await withSealed { sealed in
            let listed = await sealed.audit("heads", "--json")
            let rows = try listed.answer.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
            #expect(!rows.isEmpty && rows.allSatisfy { $0["believed"]?.boolValue == true })
            #expect(rows.allSatisfy { $0["note"]?.stringValue?.contains("— appointments/booking/") == true })
            try Data(try Ed25519PrivateKey().publicKey.pem.utf8).write(
                to: URL(filePath: "\(sealed.folder)/public.pem"))
            let foreign = await sealed.audit("heads", "--json")
            #expect(foreign.answer.contains(#""believed":false"#) && !foreign.answer.contains(#""believed":true"#))
        }
    }

    @Test("a stretch is proven, and where a row was altered it is named, with exit code 1")
    func verifies() async throws {
        try await withSealed { sealed in
            let places = try await sealed.bed.bookings.query(
                SQLStatement(name: "places", text: "SELECT shard FROM events WHERE type = 'BookingCreated'"))
            let shard = "\(places.int(0, 0))"
            func ask(_ position: String) async -> (code: ExitCode, answer: String, complaint: String) {
                await sealed.audit(
                    "verify", "--database", "booking", "--shard", shard, "--from-position", position,
                    "--to-position", position, "--json")
            }
            let good = await ask("1")
            #expect(good.code == .success && good.answer.contains(#""result":"proven""#), "\(good.complaint)")
            try await sealed.bed.run(
                """
                SET session_replication_role = replica;
                UPDATE events SET actor_subject = 'nobody' WHERE type = 'BookingCreated';
                SET session_replication_role = origin
                """, in: sealed.bed.bookings)
            let bad = await ask("1")
            #expect(bad.code == .differs)
            #expect(bad.answer.contains("row-changed"), "\(bad.answer)")
            let beyond = await ask("900")
            #expect(beyond.code == .refused, "\(beyond.answer)")
        }
    }

    @Test("without heads or key these three say which setting is missing")
    func namesSettings() async throws {
        try await ReplayBed.with { bed in
            for name in ["heads", "verify --database booking --shard 0 --from-position 1 --to-position 2"] {
                let answer = await bed.replay(["audit"] + name.split(separator: " ").map(String.init))
                #expect(answer.code == .usage && answer.complaint.contains("HISTORY_HEADS is missing"))
            }
        }
    }
}
