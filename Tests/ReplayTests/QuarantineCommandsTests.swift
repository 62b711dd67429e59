import AvailabilityProjection
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
            #expect(people.answer.contains("1 practitioner in quarantine") && people.answer.contains(id))
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

    @Test("what is skipped in the served epoch is skipped in every epoch, and search shows free slots again")
    func skipsInEveryEpoch() async throws {
        try await waiting { bed, sick in
            let rebuilt = await bed.replay("rebuild", "--model", "availability", "--allow-quarantine")
            #expect(rebuilt.code == .differs, "\(rebuilt)")
            let office = QuarantineOffice(bed.practitioners)
            let entries = try await office.entries(model: "availability")
            #expect(Set(entries.map(\.epoch)) == [1, 2] && entries.allSatisfy { $0.cause.practitioner == sick })
            let listed = await bed.replay("quarantine", "list")
            #expect(listed.answer.contains("1 practitioner in quarantine (2 epochs)"), "\(listed)")
            let served = try #require(entries.first { $0.epoch == 1 })
            let skipped = await bed.replay("quarantine", "skip", served.reference, "--reason", "never real")
            #expect(skipped.code == .success, "\(skipped)")
            try await eventually("nobody waits in any epoch", within: .seconds(30)) {
                try await office.entries(model: "availability").isEmpty
            }
            #expect(try await office.skips().count == 1, "it is one event, and one reason")
            try await eventually("models are what the stores say, search too", within: .seconds(30)) {
                await bed.replay("verify", "models").code == .success
            }
            #expect(await bed.replay("swap", "--model", "availability").code == .success)
            #expect(await bed.replay("verify", "models").code == .success)
        }
    }

    @Test("who waits in an epoch of availability that nobody is answered from has free slots in search")
    func concealsByTheServedEpoch() async throws {
        try await waiting { bed, sick in
            let healthy = SQLStatement(
                name: "healthy",
                text: "SELECT practitioner_id::text FROM search_documents WHERE practitioner_id <> '\(sick)'")
            let id = try await eventually("the other one has a document", within: .seconds(30)) {
                let rows = try await bed.practitioners.query(healthy)
                return rows.count > 0 ? rows.text(0, 0) : nil
            }
            func isConcealed() async throws -> Bool {
                try await bed.practitioners.query(
                    SQLStatement(
                        name: "concealed",
                        text: "SELECT first_date IS NULL FROM search_documents WHERE practitioner_id = '\(id)'")
                ).bool(0, 0)
            }
            try await eventually("free slots are known", within: .seconds(30)) { try await !isConcealed() }
            let partition = try KafkaPartitioner.partition(of: #require(PractitionerID(id)))
            try await bed.run(
                """
                INSERT INTO quarantine (model, epoch, kafka_partition, practitioner_id, country_code, topic, event_type,
                                        data_version, reason, since)
                VALUES ('availability', 1, \(partition), '\(id)', 'fr', 'booking-events', 'BookingTeleported', 1,
                        'a test', now())
                """, in: bed.practitioners)
            try await eventually("free slots are unknown", within: .seconds(30)) { try await isConcealed() }
            try await bed.run(
                "UPDATE quarantine SET epoch = 99 WHERE practitioner_id = '\(id)'", in: bed.practitioners)
            try await eventually("free slots are back", within: .seconds(30)) { try await !isConcealed() }
        }
    }

    @Test("after an upgrade a retry takes the waiting events in, in order, and says why it was tried")
    func retryWorksAfterAnUpgrade() async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(2, in: .fr)
            let sick = history.practitioners[0]
            try await bed.relay()
            try await bed.buildModels()
            try await history.bookWithNextRelease(sick, slot: 1, in: .fr)
            let visit = try await history.book(sick, slot: 2, in: .fr)
            try await history.cancel(visit)
            _ = try await history.book(sick, slot: 2, in: .fr)
            try await bed.relay()
            let office = QuarantineOffice(bed.practitioners)
            try await bed.projecting {
                try await eventually("one waits, with three behind", within: .seconds(40)) {
                    try await office.entries(model: "availability").map(\.waiting) == [3]
                }
            }
            let entry = try #require(try await office.entries(model: "availability").first)
            try await bed.projecting(History.nextRelease) {
                let retried = await bed.replay(
                    "quarantine", "retry", entry.reference, "--reason", "release 4.2 reads version 2", "--wait", "60",
                    "--json")
                #expect(retried.code == .success, "\(retried)")
                let outcome = try #require(try Self.lines(retried.answer).first)
                #expect(outcome["id"]?.stringValue == entry.reference)
                #expect(outcome["drained"]?.boolValue == true && outcome["failure"]?.stringValue == nil)
                #expect(outcome["events"]?.intValue == 4, "the one that was waited for and the three behind it")
            }
            #expect(try await office.entries(model: "availability").isEmpty)
            // Taken, freed and taken again: any other order would leave slot 2 free.
            let place = try #require(try await bed.places.place(of: sick, in: .fr)).place
            let page = try await AvailabilityPages(redis: bed.redis).view().read(place, [history.day])
            #expect(!page.isQuarantined)
            #expect(try #require(page.cells[0]).booked == SlotMask(first: 1, count: 2))
            let facts = try await bed.bookings.query(
                SQLStatement(
                    name: "facts",
                    text: """
                        SELECT convert_from(data, 'UTF8') FROM events WHERE type = 'OperationRecorded'
                        ORDER BY event_number
                        """))
            let texts = (0..<facts.count).map { facts.text($0, 0) }
            #expect(texts.count == 2, "its beginning and its end")
            #expect(texts.allSatisfy { $0.contains("quarantine_retry") && $0.contains("release 4.2 reads version 2") })
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
