import Gateway
import HTTPServer
import JSON
import Testing

/// `Idempotency-Key` in, stored answers out.
@Suite struct IdempotencyTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let headers: [String]
        var key: String?
        var problem: String?
    }

    static let rows: [Row] = [
        Row(testDescription: "bare", headers: ["abc-123"], key: "abc-123"),
        Row(testDescription: "quoted is the same key", headers: ["\"abc-123\""], key: "abc-123"),
        Row(testDescription: "quoted with escapes", headers: [#""a\"b\\c""#], key: #"a"b\c"#),
        Row(testDescription: "quoted with a space", headers: ["\"a b\""], key: "a b"),
        Row(testDescription: "white space around", headers: [" abc\t"], key: "abc"),
        Row(
            testDescription: "255 characters", headers: [String(repeating: "k", count: 255)],
            key: String(repeating: "k", count: 255)),
        Row(testDescription: "missing", headers: [], problem: "idempotency-key-required"),
        Row(testDescription: "empty", headers: [""], problem: "idempotency-key-required"),
        Row(testDescription: "quoted and empty", headers: ["\"\""], problem: "idempotency-key-invalid"),
        Row(
            testDescription: "256 characters", headers: [String(repeating: "k", count: 256)],
            problem: "idempotency-key-invalid"),
        Row(testDescription: "quote not closed", headers: ["\"abc"], problem: "idempotency-key-invalid"),
        Row(testDescription: "something after the quote", headers: ["\"abc\"d"], problem: "idempotency-key-invalid"),
        Row(testDescription: "an escape that is none", headers: [#""a\bc""#], problem: "idempotency-key-invalid"),
        Row(testDescription: "bare with a space", headers: ["a b"], problem: "idempotency-key-invalid"),
        Row(testDescription: "not ASCII", headers: ["clé"], problem: "idempotency-key-invalid"),
        Row(testDescription: "twice", headers: ["a", "a"], problem: "idempotency-key-invalid"),
    ]

    @Test(arguments: rows)
    func keys(_ row: Row) async throws {
        let edge = try Edge()
        var fields = [("Authorization", "Bearer \(try edge.token(.staff))"), ("Content-Type", "application/json")]
        fields += row.headers.map { ("Idempotency-Key", $0) }
        let answer = await edge.send("POST", "/fr/v1/bookings", fields: fields, body: Array(Bodies.booking.utf8))
        #expect(answer.problem == row.problem)
        #expect(answer.status == (row.problem == nil ? 200 : 400))
        #expect(edge.services.seen.keys.map { $0?.key } == (row.key.map { [$0] } ?? []))
    }

    @Test func theScopeIsCallerAndCountry() async throws {
        let edge = try Edge()
        _ = try await edge.send("POST", "/de/v1/bookings", as: .partner, body: Bodies.booking)
        let request = try #require(edge.services.seen.keys[0])
        #expect(request.caller == "partner-1")
        #expect(request.country == .de)
    }

    @Test func theSameRequestIsMethodPathAndBodyBytes() async throws {
        let edge = try Edge()
        let targets = [
            ("/fr/v1/bookings", Bodies.booking), ("/fr/v1/bookings", Bodies.booking),
            ("/fr/v1/bookings", Bodies.booking + " "),
            ("/fr/v1/bookings/\(IDs.booking)/cancel", Bodies.cancellation),
            ("/fr/v1/bookings/\(IDs.other)/cancel", Bodies.cancellation),
        ]
        for (path, body) in targets { _ = try await edge.send("POST", path, body: body) }
        let prints = edge.services.seen.keys.compactMap { $0?.fingerprint }
        #expect(prints.count == 5 && prints.allSatisfy { $0.count == 32 })
        #expect(prints[0] == prints[1])
        #expect(Set(prints).count == 4)
    }

    @Test func onlyPostNeedsAKey() async throws {
        let edge = try Edge()
        _ = try await edge.send("PUT", "/fr/v1/practitioners/\(IDs.practitioner)/schedule", body: Bodies.schedule)
        _ = try await edge.send("DELETE", "/fr/v1/practitioners/\(IDs.practitioner)/exceptions/\(IDs.exception)")
        #expect(edge.services.seen.keys == [nil, nil])
    }

    struct Outcome: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let result: ChangeResult
        let status: Int
        var problem: String?
        var headers: [String: String] = [:]
    }

    static let outcomes: [Outcome] = [
        Outcome(
            testDescription: "a stored answer is repeated and marked",
            result: .answer(
                RenderedAnswer(
                    status: 201, headers: [HTTPField("Location", "/x"), HTTPField("Content-Type", "application/json")],
                    body: Array("{}".utf8)), replayed: true),
            status: 201, headers: ["Idempotency-Replayed": "true", "Location": "/x"]),
        Outcome(
            testDescription: "a stored refusal is repeated and marked",
            result: .answer(
                RenderedAnswer(
                    status: 409, headers: [HTTPField("Content-Type", "application/problem+json")],
                    body: Array(#"{"type":"urn:appointments:problem:slot-taken"}"#.utf8)), replayed: true),
            status: 409, problem: "slot-taken", headers: ["Idempotency-Replayed": "true"]),
        Outcome(
            testDescription: "another request under the key", result: .keyReused, status: 422,
            problem: "idempotency-key-reused"),
        Outcome(
            testDescription: "the first one is still running", result: .inProgress(retryAfterSeconds: 3), status: 409,
            problem: "request-in-progress", headers: ["Retry-After": "3"]),
        Outcome(
            testDescription: "something is down",
            result: .unavailable(Dependency("booking-database"), changeKept: false),
            status: 503, problem: "dependency-unavailable", headers: ["Retry-After": "1"]),
        Outcome(
            testDescription: "the change is kept, the answer is not there yet",
            result: .unavailable(Dependency("booking"), changeKept: true), status: 503,
            problem: "dependency-unavailable", headers: ["Retry-After": "1"]),
        Outcome(
            testDescription: "a rule that only the service knows", result: .invalid([Fault("/weekly", "is too much")]),
            status: 422, problem: "validation-failed"),
    ]

    @Test(arguments: outcomes)
    func results(_ row: Outcome) async throws {
        let edge = try Edge()
        edge.services.script { $0.changeResult = row.result }
        let answer = try await edge.send("POST", "/fr/v1/bookings", body: Bodies.booking)
        #expect(answer.status == row.status)
        #expect(answer.problem == row.problem)
        for (name, value) in row.headers { #expect(answer[name] == value) }
        #expect((answer["Idempotency-Replayed"] != nil) == (row.headers["Idempotency-Replayed"] != nil))
    }

    @Test func theDetailSaysWhetherTheChangeIsKept() async throws {
        let edge = try Edge()
        edge.services.script { $0.changeResult = .unavailable(Dependency("booking"), changeKept: true) }
        let kept = try await edge.send("POST", "/fr/v1/bookings", body: Bodies.booking)
        #expect(kept.json["detail"]?.stringValue?.contains("kept") == true)
        #expect(kept.json["dependency"]?.stringValue == "booking")
    }
}
