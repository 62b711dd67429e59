import AuditReport
import Domain
import JSON
import Testing

@testable import Gateway

/// What auditors ask over HTTP: who may, in which formats, and how each end is said.
@Suite struct AuditTests {
    private static let base = "/fr/v1/audit"
    private static let practitioner = "\(base)/practitioners/\(IDs.practitioner)"

    static let targets = [
        "\(base)/bookings/\(IDs.booking)", practitioner, "\(base)/patients/\(IDs.patient)", "\(base)/events",
        "\(practitioner)/availability?asOf=2026-11-20T10:02:00Z",
        "\(practitioner)/slots/2026-11-23T09:00:00+01:00", "\(base)/events/\(IDs.other)/proof", "\(base)/heads",
        "\(base)/verification?database=booking&shard=0&firstPosition=1&lastPosition=100",
    ]

    @Test("an auditor is answered, everybody else is refused before anything is asked", arguments: targets)
    func admitsAuditorsOnly(_ target: String) async throws {
        let edge = try Edge()
        #expect(try await edge.send("GET", target, as: .auditor).status == 200)
        for person in [Person.patient, .practitioner, .staff, .operator, .partner] {
            let answer = try await edge.send("GET", target, as: person)
            #expect(answer.status == 403, "\(person.role)")
            #expect(answer.problem == "forbidden")
        }
        #expect(try await edge.send("GET", target, as: nil).status == 401)
        var german = Person.auditor
        german.countries = ["de"]
        #expect(try await edge.send("GET", target, as: german).status == 403)
        #expect(edge.services.seen.calls == ["audit"])
        #expect(edge.services.seen.contexts.map(\.country) == [.fr])
    }

    @Test func questionsReachTheService() async throws {
        let edge = try Edge()
        for target in Self.targets { _ = try await edge.send("GET", target, as: .auditor) }
        _ = try await edge.send(
            "GET",
            "\(Self.base)/events?from=2026-11-20T00:00:00%2B01:00&to=2026-11-21T00:00:00Z"
                + "&type=BookingCreated,BookingCancelled&actorRole=system&actor=calendar",
            as: .auditor)
        let all = AuditNarrowing(from: nil, to: nil, types: [], actorRole: nil, actor: nil)
        let practitioner = PractitionerID(test: IDs.practitioner)
        #expect(
            edge.services.seen.audits == [
                .booking(BookingID(test: IDs.booking), all), .practitioner(practitioner, all),
                .patient(PatientID(test: IDs.patient), all), .events(all),
                .availability(practitioner, asOf: Instant(seconds: 1_795_168_920), from: nil, days: 7),
                .slot(practitioner, start: Instant(seconds: 1_795_420_800), asOf: nil),
                .proof(EventID(test: IDs.other)), .heads,
                .verification(AuditVerification(database: .booking, shard: 0, positions: 1...100)),
                .events(
                    AuditNarrowing(
                        from: Instant(seconds: 1_795_129_200), to: Instant(seconds: 1_795_219_200),
                        types: ["BookingCreated", "BookingCancelled"], actorRole: "system", actor: "calendar")),
            ])
    }

    @Test("a type of events that there is not is no empty answer", arguments: ["events", "bookings/\(IDs.booking)"])
    func unknownType(_ path: String) async throws {
        let edge = try Edge()
        let answer = try await edge.send(
            "GET", "\(Self.base)/\(path)?type=BookingCreated,BookingCanceled", as: .auditor)
        #expect(answer.status == 422 && answer.problem == "validation-failed", "\(answer.text)")
        #expect(answer.text.contains("'BookingCanceled' is no type of events"))
        #expect(edge.services.seen.audits.isEmpty)
    }

    @Test("nothing between commas is no type, and does not ask for everything", arguments: [",", "ScheduleSet,"])
    func emptyType(_ types: String) async throws {
        let edge = try Edge()
        let answer = try await edge.send("GET", "\(Self.base)/events?type=\(types)", as: .auditor)
        #expect(answer.status == 422 && answer.problem == "validation-failed", "\(answer.text)")
        #expect(edge.services.seen.audits.isEmpty)
    }

    struct Format: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var accept: String?
        var query = ""
        let type: String
    }

    private static let csv = "text/csv; charset=utf-8; header=present"
    static let formats = [
        Format(testDescription: "nothing said", type: "application/json"),
        Format(testDescription: "anything", accept: "*/*", type: "application/json"),
        Format(testDescription: "a browser's", accept: "text/html, */*;q=0.8", type: "application/json"),
        Format(testDescription: "CSV", accept: "text/csv", type: csv),
        Format(testDescription: "any text", accept: "text/*", type: csv),
        Format(testDescription: "lines", accept: "application/x-ndjson", type: "application/x-ndjson"),
        Format(
            testDescription: "CSV rather than JSON", accept: "application/json;q=0.2, text/csv;q=0.9", type: csv),
        Format(
            testDescription: "anything but JSON", accept: "application/json;q=0, application/*;q=0.5",
            type: "application/x-ndjson"),
        Format(testDescription: "the query wins", accept: "application/json", query: "?format=csv", type: csv),
        Format(testDescription: "upper case", accept: "TEXT/CSV", type: csv),
    ]

    @Test("the format is what Accept or format say", arguments: formats)
    func speaks(_ example: Format) async throws {
        let headers = example.accept.map { ["Accept": $0] } ?? [:]
        let answer = try await Edge().send(
            "GET", "\(Self.base)/events\(example.query)", as: .auditor, headers: headers)
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == example.type)
        #expect(answer["Cache-Control"] == "no-store")
    }

    @Test(arguments: ["text/html", "application/xml;q=0.9", "text/csv;q=0", "image/*"])
    func othersAreNotAcceptable(_ accept: String) async throws {
        let answer = try await Edge().send("GET", "\(Self.base)/events", as: .auditor, headers: ["Accept": accept])
        #expect(answer.status == 406 && answer.problem == "not-acceptable")
    }

    @Test("a name that is a formula does not become one in a spreadsheet")
    func isHarmless() async throws {
        let edge = try Edge()
        var record = AuditRecord()
        record.add("actorSubject", "=HYPERLINK(\"http://evil\")")
        record.add("reason", "+cmd|' /C calc'!A0")
        record.add("position", 7)
        record.add("data", .json(Array(#"{"a":"b, c"}"#.utf8)))
        edge.services.script { [record] in
            $0.audit = .found(columns: record.fields.map(\.name), Page(items: [record], next: nil))
        }
        let answer = try await edge.send("GET", "\(Self.base)/events?format=csv", as: .auditor)
        let wanted = """
            actorSubject,reason,position,data\r
            "'=HYPERLINK(""http://evil"")",'+cmd|' /C calc'!A0,7,"{""a"":""b, c""}"\r

            """
        #expect(Array(answer.bytes) == Array(wanted.utf8))
    }

    @Test func pagesLeadOnInEveryFormat() async throws {
        let edge = try Edge()
        edge.services.script {
            $0.audit = .found(
                columns: Samples.audited.fields.map(\.name), Page(items: [Samples.audited], next: [1, 2, 3]))
        }
        for format in ["json", "jsonl", "csv"] {
            let first = try await edge.send("GET", "\(Self.base)/events?limit=1&format=\(format)", as: .auditor)
            let link = try #require(first["Link"])
            let target = try #require(link.dropFirst().split(separator: ">").first.map(String.init))
            #expect(target.hasPrefix("\(Self.base)/events?format=\(format)&limit=1&cursor="))
            let second = try await edge.send("GET", target, as: .auditor)
            #expect(second.status == 200)
            #expect(edge.services.seen.pages.last == PageRequest(limit: 1, after: [1, 2, 3]))
            let other = try await edge.send(
                "GET", target.replacing("audit/events", with: "audit/bookings/\(IDs.booking)"), as: .auditor)
            #expect(other.status == 400 && other.problem == "invalid-cursor")
        }
    }

    struct End: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let reading: AuditReading
        let status: Int
        let problem: String
    }

    static let ends = [
        End(testDescription: "nobody", reading: .unknownPractitioner, status: 404, problem: "unknown-practitioner"),
        End(testDescription: "off the grid", reading: .unknownSlot, status: 404, problem: "unknown-slot"),
        End(testDescription: "no event", reading: .unknownEvent, status: 404, problem: "unknown-event"),
        End(testDescription: "not sealed", reading: .notSealedYet("wait"), status: 409, problem: "not-sealed-yet"),
        End(testDescription: "altered", reading: .historyDiffers("row 7"), status: 409, problem: "history-differs"),
        End(
            testDescription: "not covered", reading: .notCovered(["no head"]), status: 422, problem: "validation-failed"
        ),
        End(testDescription: "foreign cursor", reading: .foreignCursor, status: 400, problem: "invalid-cursor"),
        End(
            testDescription: "not recorded", reading: .notRecorded, status: 503, problem: "dependency-unavailable"),
        End(
            testDescription: "database down", reading: .unavailable(Dependency("patient-database")), status: 503,
            problem: "dependency-unavailable"),
    ]

    @Test("every end has its problem", arguments: ends)
    func says(_ example: End) async throws {
        let edge = try Edge()
        edge.services.script { $0.audit = example.reading }
        let answer = try await edge.send("GET", "\(Self.base)/heads", as: .auditor)
        #expect(answer.status == example.status)
        #expect(answer.problem == example.problem)
        if example.status == 503 { #expect(answer["Retry-After"] != nil) }
    }

    static let wrong = [
        ("\(practitioner)/availability", ["/query/asOf"]),
        ("\(practitioner)/availability?asOf=2026-11-20T10:02:00", ["/query/asOf"]),
        ("\(practitioner)/availability?asOf=2026-11-20T10:02:00Z&days=32", ["/query/days"]),
        ("\(base)/verification", ["/query/database", "/query/firstPosition", "/query/lastPosition", "/query/shard"]),
        (
            "\(base)/verification?database=redis&shard=7&firstPosition=0&lastPosition=1",
            ["/query/database", "/query/firstPosition", "/query/shard"]
        ),
        ("\(base)/verification?database=booking&shard=0&firstPosition=9&lastPosition=8", ["/query/lastPosition"]),
        ("\(base)/verification?database=booking&shard=0&firstPosition=1&lastPosition=100001", ["/query/lastPosition"]),
        ("\(base)/events?actorRole=admin", ["/query/actorRole"]),
        ("\(base)/events?format=xml", ["/query/format"]),
        ("\(base)/heads?limit=1", ["/query/limit"]),
    ]

    @Test("wrong questions are told what is wrong with them", arguments: wrong)
    func refuses(_ target: String, _ pointers: [String]) async throws {
        let answer = try await Edge().send("GET", target, as: .auditor)
        #expect(answer.status == 422)
        #expect(answer.pointers == pointers)
    }

    @Test func aTimeThatIsNoneIsNoSlot() async throws {
        let answer = try await Edge().send("GET", "\(Self.practitioner)/slots/soon", as: .auditor)
        #expect(answer.status == 404 && answer.problem == "unknown-slot")
    }
}
