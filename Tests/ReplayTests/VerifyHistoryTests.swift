import Configuration
import Crypto
import Domain
import EventStore
import Foundation
import Observability
import Postgres
import TestSupport
import Testing

@testable import replay

@Suite("replay verify history: what operators and auditors see (G8)")
struct VerifyHistoryTests {
    /// Databases with a sealed history, and everything that the command needs.
    private struct Sealed {
        let bed: ReplayBed
        let folder: String
        let key: Ed25519PrivateKey
        let event: BookingCreated
        let history: History

        var keyFile: String { "\(folder)/public.pem" }
        var heads: String { "\(folder)/heads" }

        var environment: [String: String] {
            bed.environment.merging(
                ["HISTORY_HEADS": "file:\(heads)", "HISTORY_PUBLIC_KEY": "file:\(keyFile)", "STATE_DIR": folder]
            ) { _, new in new }
        }

        var log: FileHeadLog { FileHeadLog(folder: heads, clock: SystemClock()) }

        func verify(
            _ arguments: String..., environment: [String: String]? = nil
        ) async -> (code: ExitCode, answer: String, complaint: String) {
            let captured = CapturedConsole()
            let program = ReplayProgram(environment: environment ?? self.environment, console: captured.console)
            let code = await program.run(["replay", "verify", "history"] + arguments)
            return (code, captured.answer, captured.complaint)
        }

        /// Seals everything that has a position, in both databases that have some.
        func seal() async throws {
            for (name, pool) in [("booking", bed.bookings), ("practitioner", bed.practitioners)] {
                var settings = SealerSettings(
                    databaseURL: bed.environment["\(name.uppercased())_DATABASE_URL"] ?? "", database: name)
                settings.interval = .milliseconds(20)
                let sealer = try Sealer(
                    settings, key: key, heads: log, shards: { Shard.sealed }, clock: SystemClock(),
                    metrics: SealMetrics(Metrics()), log: .silent)
                await sealer.start()
                try await eventually("\(name) is sealed") {
                    let latest = try await log.latest()
                    return try await EventReader(pool).heads().allSatisfy { head in
                        let note = latest[SealedTree(database: name, shard: head.shard).origin]
                        return try note.map { try Checkpoint(text: $0.text).size } ?? 0 == head.stamped
                    }
                }
                await sealer.stop()
            }
        }

        /// The shard and the position of the booking.
        func place() async throws -> (shard: Int64, position: Int64, id: String) {
            let rows = try await bed.bookings.query(
                SQLStatement(
                    name: "test",
                    text: """
                        SELECT s.shard, s.first_position + array_position(s.outbox_ids, e.event_number * 2) - 1,
                               e.event_id::text
                        FROM events e JOIN outbox_stamps s ON e.event_number * 2 = ANY (s.outbox_ids)
                        WHERE e.stream = 'booking-\(event.bookingID)'
                        """))
            return (rows.int(0, 0), rows.int(0, 1), rows.text(0, 2))
        }

        func tamper(_ sql: String) async throws {
            try await bed.run(
                "SET session_replication_role = replica; \(sql); SET session_replication_role = origin",
                in: bed.bookings)
        }
    }

    private func withSealed(_ body: (Sealed) async throws -> Void) async throws {
        try await ReplayBed.with { bed in
            let folder = FileManager.default.temporaryDirectory.appending(path: "verify-\(UUID())").path
            try FileManager.default.createDirectory(atPath: "\(folder)/heads", withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let key = try Ed25519PrivateKey()
            try key.publicKey.pem.write(toFile: "\(folder)/public.pem", atomically: true, encoding: .utf8)
            let history = History(bed)
            try await history.register(6, in: .fr)
            try await history.book(history.practitioners[0], slots: 1..<5, in: .fr)
            let event = try await history.book(history.practitioners[0], slot: 6, in: .fr)
            try await history.book(history.practitioners[0], slots: 7..<10, in: .fr)
            try await bed.relay()
            let sealed = Sealed(bed: bed, folder: folder, key: key, event: event, history: history)
            try await sealed.seal()
            try await body(sealed)
        }
    }

    @Test("an untouched history is proven, as a whole, since the last time, by shard and by time")
    func provesAnUntouchedHistory() async throws {
        try await withSealed { sealed in
            let whole = await sealed.verify()
            #expect(whole.code == .success, "\(whole)")
            #expect(whole.answer.contains("The history is the one that was sealed."))
            let since = await sealed.verify("--since-last")
            #expect(since.code == .success && since.answer.contains("Trusted without reading it again"), "\(since)")
            #expect(since.answer.contains("nothing new since 8"), "\(since)")
            let never = await sealed.verify("--from", "2020-01-01", "--to", "2020-01-02")
            #expect(never.code == .success && never.answer.contains("Nothing was recorded then"), "\(never)")
            let json = await sealed.verify("--since-last", "--json")
            #expect(json.answer.contains(#""record":"verification""#) && json.answer.contains(#""good":true"#))
            let place = try await sealed.place()
            for arguments in [
                ["--database", "booking"], ["--database", "booking", "--shard", "\(place.shard)"],
                ["--database", "booking", "--shard", "\(place.shard)", "--from-position", "2", "--to-position", "3"],
                ["--from", "2020-01-01", "--to", "2090-01-01"],
            ] {
                let part = await run(sealed, arguments)
                #expect(part.code == .success, "\(arguments): \(part)")
            }
            let facts = try await sealed.bed.bookings.query(
                SQLStatement(name: "test", text: "SELECT count(*) FROM events WHERE type = 'OperationRecorded'"))
            #expect(facts.int(0, 0) >= 14, "each run is recorded with its beginning and its end")
        }
    }

    private func run(
        _ sealed: Sealed, _ arguments: [String], environment: [String: String]? = nil
    ) async -> (code: ExitCode, answer: String, complaint: String) {
        let captured = CapturedConsole()
        let program = ReplayProgram(environment: environment ?? sealed.environment, console: captured.console)
        let code = await program.run(["replay", "verify", "history"] + arguments)
        return (code, captured.answer, captured.complaint)
    }

    @Test("a head that was altered in place does not count; heads of another key that are not listed are counted")
    func saysWhichRecordsDoNotCount() async throws {
        try await withSealed { sealed in
            let names = try FileManager.default.contentsOfDirectory(atPath: sealed.heads)
            let file = URL(filePath: "\(sealed.heads)/\(try #require(names.first { $0.hasSuffix(".txt") }))")
            let whole = try String(contentsOf: file, encoding: .utf8)
            let head = try #require(whole.range(of: #"appointments/booking/\d\n\d+\n"#, options: .regularExpression))
            var altered = whole
            altered.replaceSubrange(head.upperBound...head.upperBound, with: whole[head.upperBound] == "A" ? "B" : "A")
            try altered.write(to: file, atomically: true, encoding: .utf8)
            let passed = await sealed.verify()
            #expect(passed.code == .success, "the list of all heads says the same: \(passed)")
            let warning = "warning: 1 record in \(sealed.heads) without its hash was passed over"
            #expect(passed.answer.contains(warning), "\(passed)")
            try whole.write(to: file, atomically: true, encoding: .utf8)

            try Ed25519PrivateKey().publicKey.pem.write(
                toFile: "\(sealed.folder)/other.pem", atomically: true, encoding: .utf8)
            let other = await sealed.verify("--database", "booking", "--key", "\(sealed.folder)/other.pem")
            #expect(other.code == .differs && other.answer.contains("head-of-another-key"), "\(other)")
            #expect(other.answer.contains(" more findings in the log of heads are not listed"), "\(other)")
            #expect(!other.answer.contains("proven    1 to"), "nobody believed them: \(other)")
        }
    }

    @Test("a row that a superuser changed is named, with its event; so is a deleted one; exit code 1")
    func namesAChangedRow() async throws {
        try await withSealed { sealed in
            let place = try await sealed.place()
            try await sealed.tamper("UPDATE events SET actor_role = 'x' WHERE event_id = '\(place.id)'")
            let changed = await sealed.verify()
            #expect(changed.code == .differs, "\(changed)")
            let named = "WRONG booking shard \(place.shard) position \(place.position): row-changed"
            #expect(changed.answer.contains(named) && changed.answer.contains(place.id), "\(changed.answer)")
            #expect(changed.answer.contains("NOT the one that was sealed"))
            try await sealed.tamper("DELETE FROM events WHERE event_id = '\(place.id)'")
            let deleted = await sealed.verify("--json")
            #expect(deleted.code == .differs)
            #expect(deleted.answer.contains(#""kind":"row-missing","database":"booking","shard":\#(place.shard)"#))
            #expect(deleted.answer.contains(#""position":\#(place.position)"#), "\(deleted.answer)")
        }
    }

    @Test("a proof is checked with nothing but the file and the key; changed or with another key it proves nothing")
    func checksAProof() async throws {
        try await withSealed { sealed in
            let place = try await sealed.place()
            let maker = ProofMaker(
                database: "booking", pool: sealed.bed.bookings, log: sealed.log, publicKey: try sealed.key.publicKey)
            let proof = try await maker.proofs(of: try #require(EventID(place.id)))[0]
            let path = "\(sealed.folder)/event.json"
            try Data(proof.encoded).write(to: URL(filePath: path))
            let vkey = try NoteKey(name: "appointments/heads", publicKey: sealed.key.publicKey).vkey
            for key in [sealed.keyFile, vkey] {
                let checked = await run(sealed, ["--proof", path, "--key", key], environment: [:])
                #expect(checked.code == .success, "\(checked)")
                #expect(checked.answer.contains("stood at position \(place.position) of shard \(place.shard)"))
                #expect(checked.answer.contains(place.id))
            }
            let other = try NoteKey(name: "x", publicKey: Ed25519PrivateKey().publicKey).vkey
            #expect(await run(sealed, ["--proof", path, "--key", other], environment: [:]).code == .differs)
            var changed = proof.encoded
            changed[changed.count / 2] ^= 1
            try Data(changed).write(to: URL(filePath: path))
            let refused = await run(sealed, ["--proof", path, "--key", sealed.keyFile, "--json"], environment: [:])
            #expect(refused.code == .differs && refused.answer.contains(#""good":false"#))
        }
    }

    @Test("a stretch is exported and checked without the database; a folder of heads by itself")
    func checksFilesAlone() async throws {
        try await withSealed { sealed in
            let place = try await sealed.place()
            let path = "\(sealed.folder)/range.jsonl"
            let written = await run(
                sealed, ["--database", "booking", "--shard", "\(place.shard)", "--write", path])
            #expect(written.code == .success, "\(written)")
            let checked = await run(sealed, ["--export", path, "--key", sealed.keyFile], environment: [:])
            #expect(checked.code == .success && checked.answer.contains("The export holds"), "\(checked)")
            var lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            lines.remove(at: 2)
            try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
            #expect(await run(sealed, ["--export", path, "--key", sealed.keyFile], environment: [:]).code == .differs)

            let heads = await run(sealed, ["--heads", sealed.heads, "--key", sealed.keyFile], environment: [:])
            #expect(heads.code == .success && heads.answer.contains("appointments/booking/"), "\(heads)")
            let other = try NoteKey(name: "x", publicKey: Ed25519PrivateKey().publicKey).vkey
            #expect(await run(sealed, ["--heads", sealed.heads, "--key", other], environment: [:]).code == .differs)
        }
    }

    @Test("a role that may only read verifies all the same, and is told that nobody will know")
    func verifiesAsReader() async throws {
        try await withSealed { sealed in
            var environment = sealed.environment
            for name in ["BOOKING", "PRACTITIONER", "PATIENT"] {
                environment["\(name)_DATABASE_URL", default: ""] += "&options=-c%20role%3Devent_reader"
            }
            let result = await run(sealed, [], environment: environment)
            #expect(result.code == .success, "\(result)")
            #expect(result.answer.contains("this verification is not recorded"))
        }
    }

    @Test("events that wait for a head are warned of once they are older than --max-age")
    func warnsOfEventsWithoutAHead() async throws {
        try await withSealed { sealed in
            let history = sealed.history
            let event = try await history.book(history.practitioners[0], slot: 12, in: .fr)
            try await sealed.bed.relay()
            let young = await sealed.verify("--max-age", "60")
            #expect(young.code == .success, "\(young)")
            #expect(!young.answer.contains("under no signed head, the oldest"), "\(young)")
            try await sealed.tamper(
                """
                UPDATE events SET recorded_at = recorded_at - interval '90 minutes'
                WHERE stream = 'booking-\(event.bookingID)';
                UPDATE outbox_stamps
                SET recorded_from = recorded_from - interval '90 minutes',
                    recorded_to = recorded_to - interval '90 minutes'
                FROM events
                WHERE stream = 'booking-\(event.bookingID)' AND outbox_ids = ARRAY[event_number * 2]
                """)
            let old = await sealed.verify("--max-age", "60")
            #expect(old.code == .success, "late is not wrong: \(old)")
            let shard = RecordKey(history.practitioners[0]).shard.number
            #expect(
                old.answer.contains("booking shard \(shard): 1 events are under no signed head, the oldest for 9"),
                "\(old)")
            #expect(await !sealed.verify("--max-age", "120").answer.contains("under no signed head, the oldest"))
        }
    }

    @Test("what is missing is said: no heads and a store that begins later 4, a database that is away 3")
    func saysWhatIsMissing() async throws {
        try await withSealed { sealed in
            var environment = sealed.environment
            environment["BOOKING_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
            #expect(await run(sealed, ["--database", "booking"], environment: environment).code == .unreachable)
            environment = sealed.environment
            environment["HISTORY_HEADS"] = "file:\(sealed.folder)/none"
            #expect(await run(sealed, [], environment: environment).code == .unreachable)
            try FileManager.default.createDirectory(
                atPath: "\(sealed.folder)/empty", withIntermediateDirectories: true)
            environment["HISTORY_HEADS"] = "file:\(sealed.folder)/empty"
            let empty = await run(sealed, [], environment: environment)
            #expect(empty.code == .refused && empty.complaint.contains("no signed head"), "\(empty)")
            environment["HISTORY_HEADS"] = ""
            #expect(await run(sealed, [], environment: environment).code == .usage)
            let place = try await sealed.place()
            try await sealed.tamper(
                """
                UPDATE outbox_stamps SET first_position = 2, outbox_ids = outbox_ids[2:]
                WHERE shard = \(place.shard) AND first_position = 1
                """)
            let later = await sealed.verify()
            #expect(later.code == .refused && later.complaint.contains("begins at position 2"), "\(later)")
        }
    }

    static let wrong: [[String]] = [
        ["--country", "fr"], ["--shard", "1"], ["--database", "bookings"], ["--database", "booking", "--shard", "9"],
        ["--from-position", "3"],
        ["--database", "booking", "--shard", "1", "--from-position", "5", "--to-position", "4"],
        ["--from", "yesterday"], ["--from", "2026-11-02", "--to", "2026-11-01"], ["--proof", "/no/such/file"],
        ["--proof", "a", "--export", "b"], ["--proof", "a", "--database", "booking"], ["--write", "x"],
        ["--since-last", "--from", "2026-11-02"], ["--max-age", "0"], ["--key", "/no/such/key"], ["--what"], ["extra"],
    ]

    @Test("wrong usage is told with a hint, exit code 2", arguments: wrong)
    func refusesWrongUsage(_ arguments: [String]) async {
        let captured = CapturedConsole()
        let environment = ["HISTORY_PUBLIC_KEY": "file:/no/such/file", "HISTORY_HEADS": "file:/no"]
        let code = await ReplayProgram(environment: environment, console: captured.console)
            .run(["replay", "verify", "history"] + arguments)
        #expect(code == .usage, "\(captured.complaint)")
        #expect(captured.complaint.hasPrefix("replay: "))
    }

    @Test("the bar has rate and time to go")
    func drawsABar() {
        let line = HistoryBar.line(HistoryProgress(database: "booking", done: 500, total: 1_000), after: .seconds(2))
        #expect(line.hasSuffix("booking 500/1000 250 events/s, 2 s to go") && line.contains("[===============    "))
    }
}
