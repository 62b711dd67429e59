import Domain
import Gateway
import JSON
import Testing

/// Who may do what: tokens, roles, countries and ownership, on every kind of route.
@Suite struct IdentityTests {
    struct Token: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let error: String?
        let authorization: @Sendable (Edge) throws -> [String]
    }

    static let badTokens: [Token] = [
        Token(testDescription: "no header", error: nil) { _ in [] },
        Token(testDescription: "another scheme", error: "invalid_request") { _ in ["Basic dXNlcjpwYXNz"] },
        Token(testDescription: "no token", error: "invalid_request") { _ in ["Bearer "] },
        Token(testDescription: "two headers", error: "invalid_request") { edge in
            let token = try edge.token(.staff)
            return ["Bearer \(token)", "Bearer \(token)"]
        },
        Token(testDescription: "not a token", error: "invalid_token") { _ in ["Bearer abc"] },
        Token(testDescription: "expired", error: "invalid_token") { edge in
            ["Bearer \(try edge.token(.staff) { $0["exp"] = .int(Edge.start.seconds - 3_600) })"]
        },
        Token(testDescription: "not yet valid", error: "invalid_token") { edge in
            ["Bearer \(try edge.token(.staff) { $0["nbf"] = .int(Edge.start.seconds + 3_000) })"]
        },
        Token(testDescription: "another issuer", error: "invalid_token") { edge in
            ["Bearer \(try edge.token(.staff) { $0["iss"] = .string("https://other.test") })"]
        },
        Token(testDescription: "another audience", error: "invalid_token") { edge in
            ["Bearer \(try edge.token(.staff) { $0["aud"] = .string("other") })"]
        },
        Token(testDescription: "another key", error: "invalid_token") { _ in ["Bearer \(try Edge().token(.staff))"] },
        Token(testDescription: "algorithm none", error: "invalid_token") { edge in
            let parts = try edge.token(.staff).split(separator: ".")
            return ["Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.\(parts[1])."]
        },
    ]

    @Test(arguments: badTokens)
    func aBadTokenIs401(_ row: Token) async throws {
        let edge = try Edge()
        let fields = try row.authorization(edge).map { ("Authorization", $0) }
        let answer = await edge.send("GET", "/fr/v1/practitioners", fields: fields, body: [])
        #expect(answer.status == 401)
        #expect(answer.problem == "unauthorized")
        let challenge = try #require(answer["WWW-Authenticate"])
        #expect(challenge.hasPrefix("Bearer realm=\"appointments\""))
        if let error = row.error {
            #expect(challenge.contains("error=\"\(error)\""))
        } else {
            #expect(!challenge.contains("error"))
        }
        #expect(edge.services.seen.calls.isEmpty)
    }

    @Test func theSchemeIsComparedWithoutCase() async throws {
        let edge = try Edge()
        let fields = [("authorization", "bEARER  \(try edge.token(.auditor))")]
        #expect(await edge.send("GET", "/fr/v1/practitioners", fields: fields, body: []).status == 200)
    }

    @Test func anUnknownRoleIs403() async throws {
        let answer = try await Edge().send("GET", "/fr/v1/practitioners", as: Person(subject: "x", role: "admin"))
        #expect(answer.status == 403)
        #expect(answer.problem == "forbidden")
    }

    struct Rule: CustomTestStringConvertible, Sendable {
        let method: String
        let path: String
        var body: String?
        /// Status by role name.
        let statuses: [String: Int]
        var testDescription: String { "\(method) \(path)" }
    }

    private static let callers: [(String, Person)] = [
        ("patient", .patient), ("otherPatient", .otherPatient), ("practitioner", .practitioner),
        ("otherPractitioner", .otherPractitioner), ("staff", .staff), ("operator", .operator), ("auditor", .auditor),
        ("partner", .partner), ("otherPartner", .otherPartner), ("germanStaff", .germanStaff),
    ]
    /// Everybody with a token of that country.
    private static let everybody = [
        "patient": 200, "otherPatient": 200, "practitioner": 200, "otherPractitioner": 200, "staff": 200,
        "operator": 200, "auditor": 200, "partner": 200, "otherPartner": 200,
    ]
    private static let participants = [
        "patient": 200, "otherPatient": 404, "practitioner": 200, "otherPractitioner": 404, "staff": 200,
        "partner": 200, "otherPartner": 404,
    ]
    private static let editors = ["practitioner": 200, "otherPractitioner": 403, "staff": 200]

    /// A caller that is not listed is refused with 403.
    static let rules: [Rule] = [
        Rule(method: "GET", path: "/practitioners", statuses: everybody),
        Rule(method: "GET", path: "/practitioners/\(IDs.practitioner)", statuses: everybody),
        Rule(method: "GET", path: "/practitioners/\(IDs.practitioner)/schedule", statuses: everybody),
        Rule(method: "GET", path: "/practitioners/\(IDs.practitioner)/exceptions", statuses: everybody),
        Rule(method: "GET", path: "/practitioners/\(IDs.practitioner)/availability", statuses: everybody),
        Rule(method: "GET", path: "/search", statuses: everybody),
        Rule(method: "GET", path: "/bookings/\(IDs.booking)", statuses: participants),
        Rule(
            method: "GET", path: "/patients/\(IDs.patient)",
            statuses: ["patient": 200, "otherPatient": 404, "staff": 200]),
        Rule(
            method: "PATCH", path: "/patients/\(IDs.patient)", body: "{}",
            statuses: ["patient": 201, "otherPatient": 404, "staff": 201]),
        Rule(
            method: "GET", path: "/patients/\(IDs.patient)/bookings",
            statuses: ["patient": 200, "otherPatient": 404, "staff": 200]),
        Rule(
            method: "GET", path: "/practitioners/\(IDs.practitioner)/bookings",
            statuses: ["practitioner": 200, "otherPractitioner": 404, "staff": 200]),
        Rule(method: "POST", path: "/practitioners", body: Bodies.practitioner, statuses: ["staff": 200]),
        Rule(method: "PATCH", path: "/practitioners/\(IDs.practitioner)", body: "{}", statuses: editors),
        Rule(
            method: "PUT", path: "/practitioners/\(IDs.practitioner)/schedule", body: #"{"weekly":[]}"#,
            statuses: editors),
        Rule(
            method: "POST", path: "/practitioners/\(IDs.practitioner)/exceptions", body: Bodies.exception,
            statuses: editors),
        Rule(
            method: "DELETE", path: "/practitioners/\(IDs.practitioner)/exceptions/\(IDs.exception)",
            statuses: editors),
        Rule(method: "POST", path: "/practitioners/\(IDs.practitioner)/deactivate", statuses: ["staff": 200]),
        Rule(method: "POST", path: "/practitioners/\(IDs.practitioner)/activate", statuses: ["staff": 200]),
        Rule(
            method: "POST", path: "/bookings", body: Bodies.booking,
            statuses: ["patient": 200, "otherPatient": 200, "staff": 200, "partner": 200, "otherPartner": 200]),
        Rule(
            method: "POST", path: "/patients", body: Bodies.patient,
            statuses: ["patient": 201, "otherPatient": 201, "staff": 201, "partner": 201, "otherPartner": 201]),
    ]

    @Test(arguments: rules)
    func rolesAndOwnership(_ rule: Rule) async throws {
        let edge = try Edge()
        for (name, person) in Self.callers {
            let answer = try await edge.send(rule.method, "/fr/v1\(rule.path)", as: person, body: rule.body)
            #expect(answer.status == rule.statuses[name] ?? 403, "\(name): \(answer.text)")
        }
    }

    @Test func aTokenThatDoesNotSayWhichPatientIs403() async throws {
        let nobody = Person(subject: "p", role: "patient")
        let edge = try Edge()
        #expect(try await edge.send("GET", "/fr/v1/patients/\(IDs.patient)", as: nobody).status == 403)
        #expect(try await edge.send("GET", "/fr/v1/bookings/\(IDs.booking)", as: nobody).status == 403)
        #expect(try await edge.send("POST", "/fr/v1/patients", as: nobody, body: Bodies.patient).status == 403)
    }

    @Test func whatCannotBeSeenLooksAsIfItWereNotThere() async throws {
        let edge = try Edge()
        let hidden = try await edge.send("GET", "/fr/v1/bookings/\(IDs.booking)", as: .otherPatient)
        edge.services.script { $0.booking = .notFound }
        let missing = try await edge.send("GET", "/fr/v1/bookings/\(IDs.booking)", as: .patient)
        #expect(hidden.json["type"] == missing.json["type"])
        #expect(hidden.json["detail"] == missing.json["detail"])
        #expect(hidden.status == 404)
    }

    @Test func bookingCommandsCarryWhoMayTouchWhat() async throws {
        let edge = try Edge()
        let people: [Person] = [.patient, .practitioner, .partner, .staff]
        for person in people {
            _ = try await edge.send(
                "POST", "/fr/v1/bookings/\(IDs.booking)/cancel", as: person, body: #"{"reason":"other"}"#)
        }
        #expect(
            edge.services.seen.cancels.map(\.access) == [
                .patient(.init(test: IDs.patient)), .practitioner(.init(test: IDs.practitioner)),
                .madeBy(subject: "partner-1"), .all,
            ])
    }

    @Test func aPatientRegistersUnderItsTokensIdOthersUnderANewOne() async throws {
        let edge = try Edge()
        _ = try await edge.send("POST", "/fr/v1/patients", as: .patient, body: Bodies.patient)
        _ = try await edge.send("POST", "/fr/v1/patients", as: .staff, body: Bodies.patient)
        #expect(edge.services.seen.patients.map(\.id) == [.init(test: IDs.patient), nil])
    }
}
