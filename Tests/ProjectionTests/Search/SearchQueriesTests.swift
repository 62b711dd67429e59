import Domain
import TestSupport
import Testing

@testable import SearchProjection

/// Questions to a real PostgreSQL.
@Suite struct SearchQueriesTests {
    private static let paris = SearchPerson(number: 1, name: "Dr Paul Paris")
    private static let versailles = SearchPerson(
        number: 2, name: "Dr Vera Versailles", languages: ["fr-FR", "de"], latitude: 48.8049, longitude: 2.1204)
    private static let lyon = SearchPerson(
        number: 3, name: "Dr Léa Lyon", specialty: "dermatologue", languages: ["en"], latitude: 45.7640,
        longitude: 4.8357)

    private static func fill(_ bed: SearchBed) async throws {
        try await bed.index(
            [paris, versailles, lyon].map { $0.registration() } + [
                paris.free(["2026-11-24": [0]], next: "2026-11-24T08:00:00+01:00"),
                versailles.free(["2026-11-20": [1], "2026-11-24": [1]], next: "2026-11-20T08:30:00+01:00"),
                lyon.free(["2026-11-23": [0]], next: "2026-11-23T08:00:00+01:00"),
            ])
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let question: SearchQuestion
        let found: [String]
    }

    static let cases: [Case] = [
        Case(
            testDescription: "everybody, soonest", question: SearchQuestion(order: .soonest),
            found: ["Vera", "Léa", "Paul"]),
        Case(
            testDescription: "specialty without regard to case", question: SearchQuestion(specialty: "CARDIOLOGY"),
            found: ["Vera", "Paul"]),
        Case(
            testDescription: "specialty by another name", question: SearchQuestion(specialty: "Hautarzt"),
            found: ["Léa"]),
        Case(testDescription: "specialty that nobody has", question: SearchQuestion(specialty: "astrology"), found: []),
        Case(
            testDescription: "near comes nearest first", question: SearchQuestion(near: .place("paris")),
            found: ["Paul", "Vera"]),
        Case(
            testDescription: "near, soonest first", question: SearchQuestion(near: .place("PARIS"), order: .soonest),
            found: ["Vera", "Paul"]),
        Case(
            testDescription: "a radius that is too small",
            question: SearchQuestion(near: .point(latitude: 48.8566, longitude: 2.3522), radiusKilometres: 5),
            found: ["Paul"]),
        Case(
            testDescription: "a radius that reaches Lyon",
            question: SearchQuestion(near: .place("Paris"), radiusKilometres: 400), found: ["Paul", "Vera", "Léa"]),
        Case(
            testDescription: "language of a tag with a region",
            question: SearchQuestion(language: "FR", order: .soonest),
            found: ["Vera", "Paul"]),
        Case(testDescription: "language", question: SearchQuestion(language: "de"), found: ["Vera"]),
        Case(
            testDescription: "a window of a day",
            question: SearchQuestion(
                window: SearchWindow(from: .date(day("2026-11-24")), to: .date(day("2026-11-25")))),
            found: ["Paul", "Vera"]),
        Case(
            testDescription: "until a moment, half-open",
            question: SearchQuestion(window: SearchWindow(to: .instant(instant("2026-11-23T08:00:00+01:00")))),
            found: ["Vera"]),
        Case(
            testDescription: "until a moment, the next second",
            question: SearchQuestion(window: SearchWindow(to: .instant(instant("2026-11-23T08:00:01+01:00")))),
            found: ["Vera", "Léa"]),
        Case(
            testDescription: "from a moment with a specialty",
            question: SearchQuestion(
                specialty: "cardiology", window: SearchWindow(from: .instant(instant("2026-11-20T08:30:01+01:00")))),
            found: ["Paul", "Vera"]),
        Case(
            testDescription: "free text",
            question: SearchQuestion(text: "cardiologue allemand à Versailles"), found: ["Vera"]),
        Case(testDescription: "a name by its beginning", question: SearchQuestion(text: "lea ly"), found: ["Léa"]),
        Case(testDescription: "hostile specialty", question: SearchQuestion(specialty: "' OR '1'='1"), found: []),
        Case(testDescription: "hostile language", question: SearchQuestion(language: "%"), found: []),
        Case(
            testDescription: "a very long specialty",
            question: SearchQuestion(specialty: String(repeating: "é", count: 100_000)), found: []),
    ]

    @Test func answers() async throws {
        try await SearchBed.with { bed in
            try await Self.fill(bed)
            for example in Self.cases {
                let names = try await bed.found(example.question).map { $0.split(separator: " ")[1] }
                #expect(names.map { String($0) } == example.found, "\(example.testDescription)")
            }
        }
    }

    @Test func saysHowItUnderstood() async throws {
        try await SearchBed.with { bed in
            try await Self.fill(bed)
            let findings = try await bed.queries.search(
                SearchQuestion(text: "cardiologue Lyon Paul demain blablabla 100%"), in: SearchBed.france, limit: 5)
            #expect(findings.understood.specialty == "cardiology")
            #expect(findings.understood.place?.name == "Lyon")
            #expect(findings.understood.place?.country == code("fr"))
            #expect(findings.understood.radiusKilometres == 25)
            #expect(findings.understood.from == instant("2026-11-21T00:00:00+01:00"))
            #expect(findings.understood.to == instant("2026-11-22T00:00:00+01:00"))
            #expect(findings.understood.name == "Paul")
            #expect(findings.ignored == ["blablabla", "100"])
            #expect(findings.asOf == SearchBed.now)
            #expect(findings.hits.isEmpty)
        }
    }

    @Test func refusesWhatCannotBeAnswered() async throws {
        try await SearchBed.with { bed in
            await #expect(throws: SearchQuestionFault.unknownPlace) {
                try await bed.found(SearchQuestion(near: .place("Atlantis'; --")))
            }
            let backwards = SearchWindow(from: .date(day("2026-11-24")), to: .date(day("2026-11-23")))
            await #expect(throws: SearchQuestionFault.windowEndsBeforeItBegins) {
                try await bed.found(SearchQuestion(window: backwards))
            }
            let foreign = SearchPosition.start(.soonest).bytes
            for bytes in [foreign, [], Array(repeating: 0xFF, count: 512)] {
                await #expect(throws: SearchQuestionFault.foreignPosition) {
                    try await bed.queries.search(SearchQuestion(), in: SearchBed.france, limit: 5, after: bytes)
                }
            }
        }
    }

    /// Great-circle distances between city centres, as published, within half a percent.
    @Test(arguments: [
        ("Paris to Lyon", 48.8566, 2.3522, 45.7640, 4.8357, 391.5),
        ("Berlin to Hamburg", 52.5200, 13.4050, 53.5511, 9.9937, 255.3),
        ("Suva to Apia, beyond 180 degrees", -18.1416, 178.4419, -13.8333, -171.7667, 1_150.7),
        ("Tromsø to Murmansk", 69.6492, 18.9553, 68.9585, 33.0827, 560.0),
        ("to itself", 48.8566, 2.3522, 48.8566, 2.3522, 0.0),
    ])
    func distances(
        _ row: (name: String, latitude: Double, longitude: Double, toLatitude: Double, toLongitude: Double, km: Double)
    ) async throws {
        try await SearchBed.with { bed in
            let person = SearchPerson(number: 1, latitude: row.toLatitude, longitude: row.toLongitude)
            try await bed.index([person.registration()])
            var request = SearchRequest(country: SearchBed.france, now: SearchBed.now, limit: 1)
            request.order = .distance
            request.circle = SearchRequest.Circle(
                latitude: row.latitude, longitude: row.longitude, radiusMetres: row.km * 1_005 + 1)
            let metres = try #require(try await bed.engine.search(request).first?.distanceMetres)
            #expect(abs(metres / 1_000 - row.km) <= row.km * 0.005)
            guard row.km > 0 else { return }
            request.circle = SearchRequest.Circle(
                latitude: row.latitude, longitude: row.longitude, radiusMetres: row.km * 995 - 1)
            #expect(try await bed.engine.search(request).isEmpty)
        }
    }

    @Test(arguments: [
        SearchQuestion(order: .soonest), SearchQuestion(specialty: "cardiology"),
        SearchQuestion(near: .place("Paris"), order: .distance), SearchQuestion(near: .place("Paris"), order: .soonest),
        SearchQuestion(text: "martin"), SearchQuestion(window: SearchWindow(from: .date(day("2026-11-21")))),
    ])
    func pagesShowEverybodyOnce(_ question: SearchQuestion) async throws {
        try await SearchBed.with { bed in
            let people = (1...23).map { number in
                SearchPerson(
                    number: UInt64(number), name: "Dr M\(number) Martin", latitude: 48.85 + Double(number / 4) * 0.01)
            }
            try await bed.index(
                people.map { $0.registration() }
                    + people.map { $0.free(["2026-11-20": [2], "2026-11-23": [Int($0.number) / 3]]) })
            let all = try await bed.found(question, limit: 50)
            #expect(Set(all).count == people.count)
            var paged: [String] = []
            var after: [UInt8]?
            repeat {
                let findings = try await bed.queries.search(question, in: SearchBed.france, limit: 5, after: after)
                #expect(findings.hits.count <= 5)
                paged += findings.hits.map(\.profile.displayName)
                after = findings.next
                #expect((after?.count ?? 0) <= 512)
            } while after != nil && paged.count <= people.count
            #expect(paged == all)
        }
    }
}
