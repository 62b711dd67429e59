import Configuration
import Domain
import EventStore
import Foundation
import JSON
import Postgres
import Testing

@testable import replay

/// `replay audit`: questions over real databases, in every format, each recorded.
@Suite("replay audit")
struct AuditCommandTests {
    private func lines(_ text: String) throws -> [JSONValue] {
        try text.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
    }

    @Test("the history of a booking as lines, CSV and a table; every question is a fact of its own")
    func asksAboutABooking() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(2, in: .fr)
            let booking = try await history.book(history.practitioners[0], slot: 2, in: .fr)
            try await history.move(booking, to: history.practitioners[1], slot: 4)
            try await bed.relay()

            let id = "\(booking.bookingID)"
            let asked = await bed.replay("audit", "booking", id, "--json")
            #expect(asked.code == .success && asked.complaint.isEmpty)
            let rows = try lines(asked.answer)
            #expect(rows.compactMap { $0["type"]?.stringValue } == ["BookingCreated", "BookingRescheduled"])
            #expect(rows.allSatisfy { $0["position"]?.intValue ?? 0 > 0 })
            #expect(rows[1]["secondPosition"]?.intValue ?? 0 > 0)
            #expect(rows[0]["data"]?["bookingId"]?.stringValue == id)

            let csv = await bed.replay("audit", "booking", id, "--format", "csv")
            let text = csv.answer.components(separatedBy: "\r\n")
            #expect(text[0].hasPrefix("recordedAt,occurredAt,country,database,shard,position,"))
            #expect(text.count == 4 && text[3].isEmpty)
            let table = await bed.replay("audit", "booking", id)
            #expect(table.answer.hasPrefix("recorded at"))
            #expect(table.answer.split(separator: "\n").allSatisfy { $0.count <= 160 })

            let practitioner = await bed.replay("audit", "practitioner", "\(history.practitioners[1])", "--json")
            #expect(
                try lines(practitioner.answer).compactMap { $0["type"]?.stringValue }
                    == ["PractitionerRegistered", "ScheduleSet", "BookingRescheduled"])
            let patient = await bed.replay("audit", "patient", "\(booking.patientID)", "--json")
            #expect(try lines(patient.answer).count == 2)

            let facts = await bed.replay("audit", "events", "--type", "OperationRecorded", "--json")
            let questions = try lines(facts.answer)
            #expect(questions.count == 5)
            #expect(questions.allSatisfy { $0["actorRole"]?.stringValue == "operator" })
            #expect(questions.allSatisfy { $0["data"]?["operation"]?.stringValue == "audit_query" })
        }
    }

    @Test("a page ends with a cursor that goes on in the same question, and in no other")
    func goesOn() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(1, in: .fr)
            try await history.book(history.practitioners[0], slots: 0..<5, in: .fr)
            let first = await bed.replay("audit", "events", "--country", "fr", "--limit", "4", "--json")
            let cursor = try #require(first.complaint.split(separator: " ").last.map { String($0.dropLast()) })
            let second = await bed.replay("audit", "events", "--country", "fr", "--json", "--cursor", cursor)
            #expect(second.complaint.isEmpty)
            let ids = try (lines(first.answer) + lines(second.answer)).compactMap { $0["eventId"]?.stringValue }
            #expect(ids.count == 7 && Set(ids).count == 7)
            for arguments in [
                ["audit", "events", "--cursor", cursor], ["audit", "events", "--country", "fr", "--cursor", "AAAA"],
            ] {
                let other = await bed.replay(arguments)
                #expect(other.code == .usage)
                #expect(other.complaint.contains("--cursor belongs to another question"))
            }
        }
    }

    @Test("a type that nobody writes finds nothing, and that is said not to be an answer")
    func namesASlipOfThePen() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(1, in: .fr)
            let slip = await bed.replay("audit", "events", "--type", "BookingCanceled,ScheduleSet", "--json")
            #expect(slip.code == .success)
            #expect(try lines(slip.answer).count == 1)
            #expect(
                slip.complaint.contains("note: 'BookingCanceled' is no type of ours: BookingCreated, BookingCancelled"))
            #expect(!slip.complaint.contains("'ScheduleSet'"))
        }
    }

    @Test("availability as of an instant and why a slot is taken, by command")
    func asksAboutSlots() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(1, in: .fr)
            let id = "\(history.practitioners[0])"
            let before = SystemClock().now().text()
            let booking = try await history.book(history.practitioners[0], slot: 2, in: .fr)
            let day = ["--day", "\(history.day)", "--days", "1", "--json"]
            let then = await bed.replay(["audit", "availability", id, "--as-of", before] + day)
            let now = await bed.replay(
                ["audit", "availability", id, "--as-of", SystemClock().now().text()] + day)
            let earlier = try #require(lines(then.answer).first, "\(then)")
            let present = try #require(lines(now.answer).first, "\(now)")
            #expect(earlier["wasTrue"]?.stringValue == "111111110000000000000000")
            #expect(present["wasTrue"]?.stringValue == "110111110000000000000000")
            #expect(present["shownState"]?.stringValue == "unknown")

            // The bed books in winter time; the grid says when the slot really begins.
            let grid = try SystemZones.database().grid(zone: "Europe/Paris", dayStart: .eight, slotMinutes: 30)
            let start = try #require(grid.start(of: 2, on: booking.localDate)).text()
            let why = await bed.replay("audit", "why", id, start, "--json")
            #expect(try lines(why.answer).compactMap { $0["effect"]?.stringValue } == ["opened", "taken"])
            let nobody = await bed.replay("audit", "why", "\(booking.bookingID)", start)
            #expect(nobody.code == .refused)
        }
    }

    @Test("an answer goes to a file whole or not at all, readable by its owner only")
    func writesFiles() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(1, in: .fr)
            let folder = FileManager.default.temporaryDirectory.appending(path: "audit-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let file = folder.appending(path: "events.csv").path
            let written = await bed.replay("audit", "events", "--format", "csv", "--output", file)
            #expect(written.code == .success && written.answer.isEmpty)
            let content = try String(contentsOfFile: file, encoding: .utf8)
            #expect(content.components(separatedBy: "\r\n").count == 4)
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let nowhere = await bed.replay("audit", "events", "--output", "/nowhere/at/all")
            #expect(nowhere.code == .usage && nowhere.complaint.contains("--output"))
            let failed = await bed.replay("audit", "events", "--cursor", "AAAA", "--output", file + "2")
            #expect(failed.code == .usage)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["events.csv"])
        }
    }

    @Test("a database role that cannot record the question gets no answer: exit code 3")
    func answersNothingUnrecorded() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(1, in: .fr)
            var environment = bed.environment
            environment["BOOKING_DATABASE_URL", default: ""] += "&options=-c%20role%3Devent_reader"
            let captured = CapturedConsole()
            let code = await ReplayProgram(environment: environment, console: captured.console).run([
                "replay", "audit", "practitioner", "\(history.practitioners[0])",
            ])
            #expect(code == .unreachable)
            #expect(captured.answer.isEmpty)
            #expect(captured.complaint.contains("the question is not answered"))
        }
    }

    struct Wrong: CustomTestStringConvertible, Sendable {
        let arguments: [String]
        let complaint: String
        var testDescription: String { arguments.joined(separator: " ") }

        init(_ arguments: String, _ complaint: String) {
            self.arguments = arguments.split(separator: " ").map(String.init)
            self.complaint = complaint
        }
    }

    private static let id = "01990000-0000-7000-8000-000000000001"
    static let wrong = [
        Wrong("audit", "audit what? one of booking, practitioner, patient, events"),
        Wrong("audit weather", "unknown subcommand 'audit weather'"),
        Wrong("audit booking", "which booking? give its id"),
        Wrong("audit booking 7", "'7' is no id of a booking"),
        Wrong("audit booking \(id) \(id)", "unexpected argument"),
        Wrong("audit events --from yesterday", "--from must be a date"),
        Wrong("audit events --from 2026-11-02 --to 2026-11-01", "--to is not after --from"),
        Wrong("audit events --actor-role admin", "--actor-role must be one of"),
        Wrong("audit events --format xml", "--format must be one of table, jsonl, csv"),
        Wrong("audit events --json --format csv", "--json is --format jsonl"),
        Wrong("audit events --limit 0", "--limit must be a whole number from 1"),
        Wrong("audit events --country France", "two lower-case letters"),
        Wrong("audit availability \(id)", "--as-of TIME is needed"),
        Wrong("audit availability \(id) --as-of 2026-11-20T10:02:00", "--as-of must be"),
        Wrong("audit availability \(id) --as-of 2026-11-20T10:02:00Z --days 32", "--days must be"),
        Wrong("audit why \(id)", "which slot?"),
        Wrong("audit why \(id) noon", "'noon' is no time with offset"),
        Wrong("audit proof", "which event?"),
        Wrong("audit verify", "--database must be one of"),
        Wrong("audit verify --database booking --shard 1", "--from-position and --to-position are needed"),
        Wrong("audit heads now", "unexpected argument 'now'"),
    ]

    @Test("wrong usage is told what is wrong with it, and nothing is asked", arguments: wrong)
    func refuses(_ example: Wrong) async {
        let captured = CapturedConsole()
        let code = await ReplayProgram(environment: [:], console: captured.console).run(
            ["replay"] + example.arguments)
        #expect(code == .usage)
        #expect(captured.complaint.contains(example.complaint), "\(captured.complaint)")
        #expect(captured.answer.isEmpty)
    }

    @Test(
        "every audit command explains itself with examples",
        arguments: ["booking", "practitioner", "patient", "events", "availability", "why", "proof", "heads", "verify"])
    func helps(_ name: String) async {
        let captured = CapturedConsole()
        let code = await ReplayProgram(environment: [:], console: captured.console).run(
            ["replay", "audit", name, "--help"])
        #expect(code == .success)
        #expect(captured.answer.contains("Examples:\n  replay audit \(name)"))
        #expect(captured.answer.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }
}
