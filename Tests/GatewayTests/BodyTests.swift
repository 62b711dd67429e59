import Domain
import Gateway
import JSON
import Testing

/// What is wrong with a body: content type, JSON, shape, and all faults at once.
@Suite struct BodyTests {
    struct Media: CustomTestStringConvertible, Sendable {
        let type: String?
        let status: Int
        var testDescription: String { type ?? "no content type" }
    }

    static let posts: [Media] = [
        Media(type: "application/json", status: 200), Media(type: "APPLICATION/JSON", status: 200),
        Media(type: "application/json; charset=utf-8", status: 200),
        Media(type: "application/json;charset=\"UTF-8\"", status: 200), Media(type: "application/json;", status: 200),
        Media(type: "application/json; charset=latin1", status: 415), Media(type: "text/plain", status: 415),
        Media(type: "application/merge-patch+json", status: 415), Media(type: "application/jsonx", status: 415),
        Media(type: "", status: 415), Media(type: nil, status: 415),
    ]

    @Test(arguments: posts)
    func contentTypesOfPost(_ row: Media) async throws {
        let answer = try await Edge().send(
            "POST", "/fr/v1/bookings", headers: ["Content-Type": row.type ?? Edge.absent], body: Bodies.booking)
        #expect(answer.status == row.status)
        if row.status == 415 { #expect(answer.problem == "unsupported-media-type") }
    }

    @Test(arguments: [
        "application/json", "application/merge-patch+json", "application/merge-patch+json; charset=utf-8",
    ])
    func patchTakesMergePatches(_ type: String) async throws {
        let answer = try await Edge().send(
            "PATCH", "/fr/v1/practitioners/\(IDs.practitioner)", headers: ["Content-Type": type], body: "{}")
        #expect(answer.status == 200)
    }

    @Test func anActionNeedsNoBody() async throws {
        let path = "/fr/v1/practitioners/\(IDs.practitioner)/deactivate"
        #expect(try await Edge().send("POST", path).status == 200)
        #expect(try await Edge().send("POST", path, body: "{}").status == 200)
        #expect(try await Edge().send("POST", path, body: #"{"a":1}"#).pointers == ["/a"])
        let plain = try await Edge().send("POST", path, headers: ["Content-Type": "text/plain"], body: "x")
        #expect(plain.status == 415)
    }

    @Test func aBodyThatIsTooLargeIs413() async throws {
        let edge = try Edge()
        let fields = [("Authorization", "Bearer \(try edge.token(.staff))")]
        let answer = await edge.send("POST", "/fr/v1/bookings", fields: fields, body: [], isBodyTooLarge: true)
        #expect(answer.status == 413)
        #expect(answer.problem == "body-too-large")
    }

    struct Malformed: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let body: [UInt8]
        var status = 400
    }

    static let malformed: [Malformed] = [
        Malformed(testDescription: "not JSON", body: Array("{".utf8)),
        Malformed(testDescription: "empty", body: []),
        Malformed(testDescription: "something after the end", body: Array("{} {}".utf8)),
        Malformed(testDescription: "a name twice", body: Array(#"{"reason":"other","reason":"other"}"#.utf8)),
        Malformed(testDescription: "not UTF-8", body: [0x22, 0xFF, 0x22]),
        Malformed(testDescription: "NaN", body: Array(#"{"reason":NaN}"#.utf8)),
        Malformed(testDescription: "nested too deeply", body: Array(String(repeating: "[", count: 200).utf8)),
        Malformed(testDescription: "a list", body: Array("[]".utf8), status: 422),
        Malformed(testDescription: "null", body: Array("null".utf8), status: 422),
        Malformed(
            testDescription: "a number that nothing holds", body: Array("99999999999999999999".utf8), status: 422),
    ]

    @Test(arguments: malformed)
    func unreadableIs400AndWrongIs422(_ row: Malformed) async throws {
        let edge = try Edge()
        let fields = [
            ("Authorization", "Bearer \(try edge.token(.staff))"), ("Content-Type", "application/json"),
            ("Idempotency-Key", "k"),
        ]
        let answer = await edge.send("POST", "/fr/v1/bookings/\(IDs.booking)/cancel", fields: fields, body: row.body)
        #expect(answer.status == row.status)
        #expect(answer.problem == (row.status == 400 ? "malformed-json" : "validation-failed"))
        #expect(edge.services.seen.calls.isEmpty)
    }

    struct Rule: CustomTestStringConvertible, Sendable {
        let body: String
        let path: String
        /// Nil: the member is taken away.
        let value: String?
        /// Nil: the value is accepted.
        var pointer: String?
        let method: String
        let target: String
        var testDescription: String { "\(target) \(path) = \(value ?? "nothing")" }

        init(_ kind: Kind, _ path: String, _ value: String?, _ pointer: String?) {
            (body, method, target) = kind.request
            self.path = path
            self.value = value
            self.pointer = pointer
        }

        enum Kind {
            case booking, cancel, move, practitioner, patch, schedule, exception, patient, patientPatch

            var request: (String, String, String) {
                let practitioner = "/fr/v1/practitioners/\(IDs.practitioner)"
                return switch self {
                case .booking: (Bodies.booking, "POST", "/fr/v1/bookings")
                case .cancel: (Bodies.cancellation, "POST", "/fr/v1/bookings/\(IDs.booking)/cancel")
                case .move: (Bodies.move, "POST", "/fr/v1/bookings/\(IDs.booking)/reschedule")
                case .practitioner: (Bodies.practitioner, "POST", "/fr/v1/practitioners")
                case .patch: ("{}", "PATCH", practitioner)
                case .schedule: (Bodies.schedule, "PUT", "\(practitioner)/schedule")
                case .exception: (Bodies.exception, "POST", "\(practitioner)/exceptions")
                case .patient: (Bodies.patient, "POST", "/fr/v1/patients")
                case .patientPatch: ("{}", "PATCH", "/fr/v1/patients/\(IDs.patient)")
                }
            }
        }
    }

    static let faults: [Rule] = [
        Rule(.booking, "practitionerId", nil, "/practitionerId"),
        Rule(.booking, "practitionerId", "\"17\"", "/practitionerId"),
        Rule(.booking, "patientId", "17", "/patientId"),
        Rule(.booking, "patientId", "null", "/patientId"),
        Rule(.booking, "slotStart", "\"2026-11-23T09:30:00\"", "/slotStart"),
        Rule(.booking, "slotStart", "\"2026-11-31T09:30:00Z\"", "/slotStart"),
        Rule(.booking, "slotStart", "\"2026-11-23\"", "/slotStart"),
        Rule(.booking, "consultationType", "\"\"", "/consultationType"),
        Rule(.booking, "consultationType", "\"long\"", nil),
        Rule(.booking, "note", "\"x\"", "/note"),
        Rule(.cancel, "reason", nil, "/reason"),
        Rule(.cancel, "reason", "\"because\"", "/reason"),
        Rule(.move, "practitionerId", "5", "/practitionerId"),
        Rule(.practitioner, "displayName", "\"  \"", "/displayName"),
        Rule(.practitioner, "displayName", "\"a\\u0007b\"", "/displayName"),
        Rule(.practitioner, "displayName", "\"\(String(repeating: "é", count: 200))\"", nil),
        Rule(.practitioner, "displayName", "\"\(String(repeating: "é", count: 201))\"", "/displayName"),
        Rule(.practitioner, "languages", "[]", "/languages"),
        Rule(.practitioner, "languages", "[\"fr\",\"French\"]", "/languages/1"),
        Rule(.practitioner, "location/lat", "90.5", "/location/lat"),
        Rule(.practitioner, "location/lon", "\"2\"", "/location/lon"),
        Rule(.practitioner, "location/city", nil, "/location/city"),
        Rule(.practitioner, "location/planet", "\"earth\"", "/location/planet"),
        Rule(.practitioner, "timeZone", "\"Europe/Berlin\"", nil),
        Rule(.practitioner, "timeZone", "\"Mars/Base\"", "/timeZone"),
        Rule(.practitioner, "timeZone", "\"../../etc/passwd\"", "/timeZone"),
        Rule(.practitioner, "timeZone", "\"right/Europe/Paris\"", "/timeZone"),
        Rule(.practitioner, "timeZone", "\"posixrules\"", "/timeZone"),
        Rule(.practitioner, "dayStart", "\"24:00\"", "/dayStart"),
        Rule(.practitioner, "slotMinutes", "5", nil),
        Rule(.practitioner, "slotMinutes", "4", "/slotMinutes"),
        Rule(.practitioner, "slotMinutes", "61", "/slotMinutes"),
        Rule(.practitioner, "slotMinutes", "30.5", "/slotMinutes"),
        Rule(.practitioner, "consultationTypes", "[]", "/consultationTypes"),
        Rule(.practitioner, "consultationTypes", #"[{"code":"a","slots":25}]"#, "/consultationTypes/0/slots"),
        Rule(
            .practitioner, "consultationTypes", #"[{"code":"a","slots":1},{"code":"a","slots":2}]"#,
            "/consultationTypes/1/code"),
        Rule(.practitioner, "acceptsNewPatients", "\"yes\"", "/acceptsNewPatients"),
        Rule(.patch, "timeZone", "\"Europe/Paris\"", "/timeZone"),
        Rule(.patch, "dayStart", "\"08:00\"", "/dayStart"),
        Rule(.patch, "slotMinutes", "30", "/slotMinutes"),
        Rule(.patch, "version", "3", "/version"),
        Rule(.patch, "displayName", "null", "/displayName"),
        Rule(.patch, "location", "null", "/location"),
        Rule(.patch, "location", #"{"street":"2 rue B"}"#, nil),
        Rule(.patch, "location", #"{"street":null}"#, "/location/street"),
        Rule(.patch, "acceptsNewPatients", "null", nil),
        Rule(.schedule, "weekly", nil, "/weekly"),
        Rule(.schedule, "weekly", "[]", nil),
        Rule(.schedule, "weekly/0/day", "\"Monday\"", "/weekly/0/day"),
        Rule(.schedule, "weekly/0/sessions/0/end", "\"12\"", "/weekly/0/sessions/0/end"),
        Rule(.schedule, "weekly/0/sessions/0/end", "\"07:00\"", nil),
        Rule(
            .schedule, "weekly", #"[{"day":"monday","sessions":[]},{"day":"monday","sessions":[]}]"#, "/weekly/1/day"),
        Rule(.schedule, "validFrom", "\"2020-01-01\"", nil),
        Rule(.schedule, "validFrom", "\"2026-02-30\"", "/validFrom"),
        Rule(.exception, "to", "\"2026-12-24\"", "/to"),
        Rule(.exception, "kind", "\"open\"", "/kind"),
        Rule(.exception, "kind", "\"extra\"", "/sessions"),
        Rule(.exception, "sessions", #"[{"start":"08:00","end":"09:00"}]"#, nil),
        Rule(.exception, "reason", "\"\"", "/reason"),
        Rule(.patient, "email", "\"camille\"", "/email"),
        Rule(.patient, "email", "\"a@b@example.org\"", "/email"),
        Rule(.patient, "email", "\"camille@example\"", "/email"),
        Rule(.patient, "email", "\"o'neil+x@mail.example.org\"", nil),
        Rule(.patient, "phone", "\"0612345678\"", "/phone"),
        Rule(.patient, "phone", "\"+336123456789012\"", nil),
        Rule(.patient, "phone", "\"+3361234567890123\"", "/phone"),
        Rule(.patient, "phone", nil, "/phone"),
        Rule(.patient, "birthDate", "\"2026-11-22\"", "/birthDate"),
        Rule(.patient, "birthDate", "\"2026-11-21\"", nil),
        Rule(.patient, "birthDate", "\"1849-12-31\"", "/birthDate"),
        Rule(.patient, "channels", "[\"fax\"]", "/channels/0"),
        Rule(.patient, "channels", "[\"sms\",\"sms\"]", "/channels"),
        Rule(.patientPatch, "phone", "null", nil),
        Rule(.patientPatch, "email", "7", "/email"),
        Rule(.patientPatch, "givenName", "null", "/givenName"),
        Rule(.patientPatch, "patientId", "\"\(IDs.patient)\"", "/patientId"),
    ]

    @Test(arguments: faults)
    func everyRuleHasItsPointer(_ row: Rule) async throws {
        let edge = try Edge()
        // 2026-11-20T12:00Z is the 21st at UTC+14: a birth date there is not in the future.
        let body = try Bodies.changed(row.body, row.path, row.value)
        let answer = try await edge.send(row.method, row.target, body: body)
        #expect(answer.pointers == (row.pointer.map { [$0] } ?? []), "\(answer.text)")
        #expect((answer.status == 422) == (row.pointer != nil))
        #expect(edge.services.seen.calls.count == (row.pointer == nil ? 1 : 0))
    }

    @Test func allFaultsAreListedAtOnce() async throws {
        let body = """
            {"givenName":1,"birthDate":"2030-01-01","email":"x","phone":"y","language":"french",
            "channels":["email","email"],"a/b~c":true}
            """
        let answer = try await Edge().send("POST", "/fr/v1/patients", body: body)
        #expect(
            answer.pointers == [
                "/a~1b~0c", "/birthDate", "/channels", "/email", "/familyName", "/givenName", "/language", "/phone",
            ])
        #expect(!answer.text.contains("french"), "a fault never repeats what was sent")
    }

    @Test func faultsOfQueryAndBodyAreListedTogether() async throws {
        let edge = try Edge()
        let rows: [(target: String, body: String, status: Int, pointers: [String])] = [
            ("/fr/v1/bookings?a=1", "{}", 422, ["/patientId", "/practitionerId", "/query/a", "/slotStart"]),
            ("/fr/v1/bookings?a=1", Bodies.booking, 422, ["/query/a"]),
            ("/fr/v1/bookings?a=1", "{", 400, []),
        ]
        for row in rows {
            let answer = try await edge.send("POST", row.target, body: row.body)
            #expect(answer.status == row.status)
            #expect(answer.pointers == row.pointers)
        }
    }

    @Test func aMergePatchKeepsSetsAndRemoves() async throws {
        let edge = try Edge()
        let practitioner = "/fr/v1/practitioners/\(IDs.practitioner)"
        _ = try await edge.send(
            "PATCH", practitioner,
            body: #"{"location":{"city":"Lyon"},"consultationTypes":null,"acceptsNewPatients":null}"#)
        _ = try await edge.send(
            "PATCH", "/fr/v1/patients/\(IDs.patient)", body: #"{"phone":null,"email":"new@example.org"}"#)
        let patch = try #require(edge.services.seen.patches.first)
        #expect(patch.location.city == "Lyon" && patch.location.street == nil && patch.displayName == nil)
        #expect(patch.consultationTypes == [.standard] && patch.acceptsNewPatients == true)
        let patient = try #require(edge.services.seen.patientPatches.first)
        #expect(patient.phone == .remove && patient.email == .set("new@example.org") && patient.channels == nil)
    }

    @Test func commandsCarryWhatWasSent() async throws {
        let edge = try Edge()
        let practitioner = try Bodies.changed(
            try Bodies.changed(Bodies.practitioner, "dayStart", "\"20:00\""), "slotMinutes", "15")
        _ = try await edge.send("POST", "/fr/v1/practitioners", body: practitioner)
        _ = try await edge.send("PUT", "/fr/v1/practitioners/\(IDs.practitioner)/schedule", body: Bodies.schedule)
        _ = try await edge.send("POST", "/fr/v1/practitioners/\(IDs.practitioner)/exceptions", body: Bodies.exception)
        let registration = try #require(edge.services.seen.registrations.first)
        #expect(registration.timeZone == nil && registration.dayStart == LocalTime(minutes: 1_200))
        #expect(registration.slotMinutes == 15 && registration.consultationTypes == [.standard])
        #expect(registration.location.city == "Paris" && registration.acceptsNewPatients)
        let schedule = try #require(edge.services.seen.schedules.first)
        #expect(schedule.weekly.map(\.day) == [.monday] && schedule.validFrom == nil)
        #expect(schedule.weekly[0].sessions == [Session(start: .eight, end: try #require(LocalTime("12:00")))])
        let exception = try #require(edge.services.seen.exceptions.first)
        #expect(exception.kind == .closed && exception.from.days(until: exception.to) == 3)
    }
}
