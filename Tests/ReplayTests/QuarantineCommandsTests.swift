import Domain
import EventStore
import JSON
import Postgres
import ProjectionRunner
import TestSupport
import Testing

@testable import replay

/// `replay quarantine` as an operator uses it.
@Suite("quarantine: who waits, and how they go on", .serialized)
struct QuarantineCommandsTests {
    private static func lines(_ answer: String) throws -> [JSONValue] {
        try answer.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
    }

    /// A bed in which one of two practitioners waits in availability; live projection runs meanwhile.
    private func waiting(_ body: (ReplayBed, PractitionerID) async throws -> Void) async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(2, in: .fr)
            let sick = history.practitioners[0]
            try await history.appendUnreadable(sick, in: .fr)
            _ = try await history.book(sick, slot: 1, in: .fr)
            try await bed.relay()
            try await bed.projecting {
                try await eventually("one waits", within: .seconds(40)) {
                    try await QuarantineOffice(bed.practitioners).entries(model: "availability").count == 1
                }
                try await body(bed, sick)
            }
        }
    }

    @Test("an operator sees who waits, tries, skips, and it is on record")
    func goesRound() async throws {
        try await waiting { bed, sick in
            let listed = await bed.replay("quarantine", "list", "--json")
            #expect(listed.code == .success, "\(listed)")
            let entry = try #require(try Self.lines(listed.answer).first)
            let id = try #require(entry["id"]?.stringValue)
            #expect(id.hasPrefix("availability-"))
            #expect(entry["practitionerId"]?.stringValue == "\(sick)")
            #expect(entry["eventType"]?.stringValue == "BookingTeleported")
            let people = await bed.replay("quarantine", "list")
            #expect(people.answer.contains("1 in quarantine") && people.answer.contains(id))
            #expect(!people.answer.contains("\u{1B}"), "colour is for terminals")
            let shown = await bed.replay("quarantine", "show", id)
            #expect(shown.code == .success && shown.answer.contains("no event of this name is known"))
            let status = await bed.replay("status", "--json")
            #expect(try Self.lines(status.answer).last?["quarantined"]?.intValue == 1)

            let retried = await bed.replay("quarantine", "retry", "--all", "--json")
            #expect(retried.code == .differs, "\(retried)")
            let outcome = try #require(try Self.lines(retried.answer).first)
            #expect(outcome["drained"]?.boolValue == false)
            #expect(outcome["failure"]?.stringValue?.contains("no event of this name is known") == true)

            let skipped = await bed.replay("quarantine", "skip", id, "--reason", "never real")
            #expect(skipped.code == .success, "\(skipped)")
            #expect(skipped.answer.contains("one event skipped"))
            let empty = await bed.replay("quarantine", "list", "--history")
            #expect(empty.answer.contains("nobody is in quarantine"))
            #expect(empty.answer.contains("never real"), "what was skipped stays listed")
            let again = await bed.replay("quarantine", "retry", id)
            #expect(again.code == .refused && again.complaint.contains("does not wait any more"))

            let facts = try await bed.bookings.query(
                SQLStatement(
                    name: "facts",
                    text: """
                        SELECT convert_from(data, 'UTF8') FROM events WHERE type = 'OperationRecorded'
                        ORDER BY event_number
                        """))
            let texts = (0..<facts.count).map { facts.text($0, 0) }
            #expect(texts.contains { $0.contains("quarantine_retry") && $0.contains("finished") })
            #expect(texts.contains { $0.contains("quarantine_skip") && $0.contains("never real") })
        }
    }

    @Test("where no lane answers nothing is changed, and nothing will be")
    func nobodyAnswers() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(1, in: .fr)
            try await history.appendUnreadable(history.practitioners[0], in: .fr)
            try await bed.relay()
            try await bed.buildModels()
            let office = QuarantineOffice(bed.practitioners)
            let entry = try #require(try await office.entries(model: "availability").first)
            let asked = await bed.replay(
                "quarantine", "skip", entry.reference, "--reason", "a test", "--wait", "1")
            #expect(asked.code == .unreachable, "\(asked)")
            #expect(asked.complaint.contains("nothing was changed"))
            #expect(try await office.asked(for: entry.id).first?.outcome == "withdrawn")
            try await bed.projecting {
                try await eventually("the lanes are there", within: .seconds(40)) {
                    let late = await bed.replay("quarantine", "retry", "--all", "--wait", "2")
                    return late.code == .differs
                }
            }
            #expect(try await office.skips().isEmpty, "what was taken back was not done later")
        }
    }

    @Test("a quarantine that is not there is wrong usage, and none at all is fine")
    func nobodyWaits() async throws {
        try await ReplayBed.with { bed in
            let missing = await bed.replay("quarantine", "show", "availability-99")
            #expect(missing.code == .usage && missing.complaint.contains("there is no quarantine availability-99"))
            let nobody = await bed.replay("quarantine", "retry", "--all")
            #expect(nobody.code == .success && nobody.answer.contains("nobody is in quarantine"))
        }
    }

    @Test("without a database the command says which one")
    func databaseAway() async throws {
        try await ReplayBed.with { bed in
            var environment = bed.environment
            environment["PRACTITIONER_DATABASE_URL"] = "postgresql://127.0.0.1:1/nobody"
            let captured = CapturedConsole()
            let code = await ReplayProgram(environment: environment, console: captured.console)
                .run(["replay", "quarantine", "list"])
            #expect(code == .unreachable)
            #expect(captured.complaint.contains("practitioner-database"))
        }
    }
}
