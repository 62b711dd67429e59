import Domain
import HTTPServer
import JSON
import Testing

@testable import Gateway

/// What every answer has, and that documents are what the OpenAPI document says.
@Suite struct AnswerTests {
    static let practitioner = "/fr/v1/practitioners/\(IDs.practitioner)"

    struct Row: CustomTestStringConvertible, Sendable {
        let target: String
        let cache: String
        let schema: Schema
        var testDescription: String { target }
    }

    static let reads: [Row] = [
        Row(target: "/fr/v1/bookings/\(IDs.booking)", cache: "no-store", schema: BookingSchemas.booking),
        Row(target: "/fr/v1/patients/\(IDs.patient)", cache: "no-store", schema: PatientSchemas.patient),
        Row(target: "/fr/v1/patients/\(IDs.patient)/bookings", cache: "no-store", schema: BookingSchemas.page),
        Row(target: "\(practitioner)/bookings", cache: "no-store", schema: BookingSchemas.page),
        Row(target: practitioner, cache: "private, no-cache", schema: PractitionerSchemas.practitioner),
        Row(target: "/fr/v1/practitioners", cache: "no-store", schema: PractitionerSchemas.page),
        Row(target: "\(practitioner)/schedule", cache: "private, no-cache", schema: ScheduleSchemas.schedule),
        Row(target: "\(practitioner)/exceptions", cache: "no-store", schema: ScheduleSchemas.page),
        Row(target: "\(practitioner)/availability", cache: "no-store", schema: AvailabilitySchemas.availability),
        Row(target: "/fr/v1/search", cache: "no-store", schema: SearchSchemas.answer),
    ]

    @Test(arguments: reads)
    func documentsSatisfyTheirSchemas(_ row: Row) async throws {
        let answer = try await Edge().send("GET", row.target)
        #expect(answer.status == 200)
        #expect(SchemaCheck.faults(in: answer.json, row.schema).isEmpty)
        #expect(answer["Content-Type"] == "application/json")
        #expect(answer["Cache-Control"] == row.cache)
        #expect(answer["X-Content-Type-Options"] == "nosniff")
        #expect(answer["X-Correlation-Id"] != nil)
    }

    struct Outcome: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let method: String
        let target: String
        let body: String?
        let outcome: PractitionerOutcome
        let status: Int
        let schema: Schema?
        var headers: [String: String] = [:]
    }

    static let outcomes: [Outcome] = [
        Outcome(
            testDescription: "registered", method: "POST", target: "/fr/v1/practitioners", body: Bodies.practitioner,
            outcome: .registered(Samples.practitioner), status: 201, schema: PractitionerSchemas.practitioner,
            headers: ["Location": practitioner, "ETag": "\"3\""]),
        Outcome(
            testDescription: "updated", method: "PATCH", target: practitioner, body: "{}",
            outcome: .updated(Samples.practitioner), status: 200, schema: PractitionerSchemas.practitioner,
            headers: ["ETag": "\"3\""]),
        Outcome(
            testDescription: "deactivated", method: "POST", target: "\(practitioner)/deactivate", body: nil,
            outcome: .switched(Samples.practitioner, displaced: [Samples.displaced]), status: 200,
            schema: PractitionerSchemas.switched, headers: ["ETag": "\"3\""]),
        Outcome(
            testDescription: "scheduled", method: "PUT", target: "\(practitioner)/schedule", body: Bodies.schedule,
            outcome: .scheduled(Samples.schedule, displaced: [Samples.displaced]), status: 200,
            schema: ScheduleSchemas.replaced, headers: ["ETag": "\"0\""]),
        Outcome(
            testDescription: "closed", method: "POST", target: "\(practitioner)/exceptions", body: Bodies.exception,
            outcome: .exceptionAdded(Samples.exception, displaced: [Samples.displaced]), status: 201,
            schema: ScheduleSchemas.added, headers: ["Location": "\(practitioner)/exceptions/\(IDs.exception)"]),
        Outcome(
            testDescription: "taken back", method: "DELETE", target: "\(practitioner)/exceptions/\(IDs.exception)",
            body: nil, outcome: .exceptionRemoved, status: 204, schema: nil),
        Outcome(
            testDescription: "no such exception", method: "DELETE",
            target: "\(practitioner)/exceptions/\(IDs.exception)", body: nil, outcome: .refused(.unknownException),
            status: 404, schema: ProblemSchema.problem),
        Outcome(
            testDescription: "no such practitioner", method: "PUT", target: "\(practitioner)/schedule",
            body: Bodies.schedule, outcome: .refused(.unknownPractitioner), status: 404, schema: ProblemSchema.problem),
    ]

    @Test(arguments: outcomes)
    func changesOfPractitionersAreAnswered(_ row: Outcome) async throws {
        let edge = try Edge()
        edge.services.script { $0.practitionerOutcome = row.outcome }
        let answer = try await edge.send(row.method, row.target, body: row.body)
        #expect(answer.status == row.status)
        for (name, value) in row.headers { #expect(answer[name] == value) }
        if let schema = row.schema {
            #expect(SchemaCheck.faults(in: answer.json, schema).isEmpty, "\(answer.text)")
        } else {
            #expect(answer.bytes.isEmpty && answer["Content-Type"] == nil)
        }
    }

    @Test func changesOfPatientsAreAnswered() async throws {
        let edge = try Edge()
        let created = try await edge.send("POST", "/fr/v1/patients", as: .patient, body: Bodies.patient)
        #expect(created.status == 201)
        #expect(created["Location"] == "/fr/v1/patients/\(IDs.patient)")
        edge.services.script { $0.patientOutcome = .refused(.patientExists) }
        let again = try await edge.send("POST", "/fr/v1/patients", as: .patient, body: Bodies.patient)
        #expect(again.status == 409 && again.problem == "patient-exists")
        edge.services.script { $0.patientOutcome = .refused(.unknownPatient) }
        let patched = try await edge.send("PATCH", "/fr/v1/patients/\(IDs.patient)", body: "{}")
        #expect(patched.status == 404 && patched.problem == "unknown-patient")
    }

    @Test func availabilitySaysTheSameTwice() async throws {
        let answer = try await Edge().send("GET", "\(Self.practitioner)/availability")
        let day = try #require(answer.json["days"]?.arrayValue?.first)
        #expect(day["date"]?.stringValue == "2026-11-23")
        #expect(day["bitmap"]?.stringValue == "110000000000000000000001", "slot 2 does not exist on this day")
        #expect(day["free"]?.arrayValue?.count == 3)
        #expect(answer.json["nextAvailable"]?.stringValue == "2026-11-23T09:30:00+01:00")
    }

    @Test(arguments: reads.map(\.target))
    func nothingIsAnEmptyListWhenADependencyIsDown(_ target: String) async throws {
        let edge = try Edge()
        let down = Dependency("redis")
        edge.services.script { state in
            state.booking = .unavailable(down)
            state.bookings = .unavailable(down)
            state.practitioner = .unavailable(down)
            state.practitioners = .unavailable(down)
            state.schedule = .unavailable(down)
            state.exceptionPage = .unavailable(down)
            state.patient = .unavailable(down)
            state.availability = .unavailable(down)
            state.search = .unavailable(down)
        }
        let answer = try await edge.send("GET", target)
        #expect(answer.status == 503)
        #expect(answer["Retry-After"] == "1")
        #expect(answer["Cache-Control"] == "no-store")
        #expect(answer.json["dependency"]?.stringValue == "redis")
    }

    @Test func whatAvailabilityDoesNotKnow() async throws {
        let edge = try Edge()
        edge.services.script { $0.availability = .unknownPractitioner }
        #expect(try await edge.send("GET", "\(Self.practitioner)/availability").problem == "unknown-practitioner")
        edge.services.script { $0.availability = .unknownConsultationType }
        let answer = try await edge.send("GET", "\(Self.practitioner)/availability?consultationType=x")
        #expect(answer.status == 422 && answer.problem == "unknown-consultation-type")
    }

    @Test(arguments: ProblemKind.allCases)
    func everyProblemSatisfiesItsSchema(_ kind: ProblemKind) throws {
        let answer = Problem(kind).rendered(instance: "/fr/v1/bookings", correlationID: "c")
        let json = try parseJSON(answer.body)
        #expect(SchemaCheck.faults(in: json, ProblemSchema.problem).isEmpty)
        #expect(json["type"]?.stringValue == "urn:appointments:problem:\(kind.rawValue)")
        #expect(answer.status == kind.status && (400...599).contains(kind.status))
    }

    @Test(arguments: [HTTPRefusal.malformed, .headerTooLarge, .timedOut, .stopping, .invalidResponse])
    func refusalsOfTheServerAreProblemsToo(_ refusal: HTTPRefusal) throws {
        let answer = Answer(try Edge().gateway.refuse(refusal))
        #expect(answer.status == refusal.status)
        #expect(SchemaCheck.faults(in: answer.json, ProblemSchema.problem).isEmpty)
        #expect(answer["X-Correlation-Id"] == answer.json["correlationId"]?.stringValue)
    }
}
