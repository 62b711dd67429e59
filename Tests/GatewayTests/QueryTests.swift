import Domain
import Gateway
import JSON
import Testing

/// Query parameters, pages and cursors.
@Suite struct QueryTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let target: String
        /// Empty: accepted.
        var pointers: [String] = []
        var testDescription: String { target }

        init(_ target: String, _ pointers: [String] = []) {
            self.target = target
            self.pointers = pointers
        }
    }

    private static let availability = "/fr/v1/practitioners/\(IDs.practitioner)/availability"

    static let rows: [Row] = [
        Row("/fr/v1/practitioners?"), Row("/fr/v1/practitioners?limit=1"), Row("/fr/v1/practitioners?limit=200&&"),
        Row("/fr/v1/practitioners?limit=0", ["/query/limit"]), Row("/fr/v1/practitioners?limit=201", ["/query/limit"]),
        Row("/fr/v1/practitioners?limit=", ["/query/limit"]), Row("/fr/v1/practitioners?limit=ten", ["/query/limit"]),
        Row("/fr/v1/practitioners?limit=5&limit=5", ["/query/limit"]),
        Row("/fr/v1/practitioners?page=2", ["/query/page"]),
        Row("/fr/v1/practitioners?a%2Fb=2&limit=0", ["/query/a~1b", "/query/limit"]),
        Row("/fr/v1/practitioners?city=%ZZ", ["/query/city"]), Row("/fr/v1/practitioners?%ZZ=1", ["/query"]),
        Row("/fr/v1/practitioners?city=", ["/query/city"]), Row("/fr/v1/practitioners?city=Saint+%C3%89tienne"),
        Row("\(availability)?days=14&from=2026-11-23&consultationType=long"),
        Row("\(availability)?days=15", ["/query/days"]), Row("\(availability)?days=0", ["/query/days"]),
        Row("\(availability)?from=2026-11-23T00:00:00Z", ["/query/from"]),
        Row("\(availability)?limit=5", ["/query/limit"]),
        Row("/fr/v1/search?q=dentist+in+paris&radiusKm=2.5&sort=soonest&language=fr"),
        Row("/fr/v1/search?near=48.85,2.35&availableFrom=2026-11-23&availableBy=2026-11-24T12:00:00+01:00"),
        Row("/fr/v1/search?near=95,2.35", ["/query/near"]), Row("/fr/v1/search?radiusKm=0", ["/query/radiusKm"]),
        Row("/fr/v1/search?radiusKm=inf", ["/query/radiusKm"]), Row("/fr/v1/search?sort=name", ["/query/sort"]),
        Row("/fr/v1/search?availableBy=tomorrow", ["/query/availableBy"]),
        Row("/fr/v1/search?availableBy=2026-11-24T12:00:00", ["/query/availableBy"]),
        Row("/fr/v1/patients/\(IDs.patient)/bookings?status=gone", ["/query/status"]),
        Row("/fr/v1/bookings/\(IDs.booking)?verbose", ["/query/verbose"]),
    ]

    @Test(arguments: rows)
    func parameters(_ row: Row) async throws {
        let answer = try await Edge().send("GET", row.target)
        #expect(answer.status == (row.pointers.isEmpty ? 200 : 422), "\(answer.text)")
        #expect(answer.pointers == row.pointers)
    }

    @Test func valuesReachTheServices() async throws {
        let edge = try Edge()
        _ = try await edge.send("GET", "\(Self.availability)?days=3&from=2026-11-23&consultationType=long")
        _ = try await edge.send("GET", Self.availability)
        _ = try await edge.send(
            "GET", "/fr/v1/search?q=a+b%2Bc&near=48.85,%202.35&availableBy=2026-11-24T12:00:00+01:00")
        _ = try await edge.send("GET", "/fr/v1/search?near=Lyon&sort=distance&radiusKm=2.5")
        _ = try await edge.send("GET", "/fr/v1/practitioners?city=Saint+%C3%89tienne&specialty=x&limit=7")
        let seen = edge.services.seen
        #expect(seen.availabilities[0].days == 3 && seen.availabilities[0].from == LocalDate(days: 20_780))
        #expect(seen.availabilities[0].consultationType == "long")
        #expect(seen.availabilities[1].days == 7 && seen.availabilities[1].from == nil)
        #expect(seen.searches[0].text == "a b+c")
        #expect(seen.searches[0].near == .point(latitude: 48.85, longitude: 2.35))
        #expect(seen.searches[0].availableBy == .instant(Instant(seconds: 1_795_518_000)))
        #expect(seen.searches[1].near == .place("Lyon") && seen.searches[1].sort == .distance)
        #expect(seen.searches[1].radiusKilometres == 2.5)
        #expect(seen.practitionerFilters.map(\.city) == ["Saint Étienne"])
        #expect(seen.practitionerFilters.map(\.specialty) == ["x"])
        #expect(seen.pages.last == PageRequest(limit: 7))
    }

    @Test func aFaultThatOnlySearchFindsIs422() async throws {
        let edge = try Edge()
        edge.services.script { $0.search = .invalid([Fault("/query/near", "is not a place that is known")]) }
        #expect(try await edge.send("GET", "/fr/v1/search?near=Atlantis").pointers == ["/query/near"])
    }

    // MARK: - Pages

    private static func edgeWithTwoPages() throws -> Edge {
        let edge = try Edge()
        edge.services.script {
            $0.practitioners = .found(Page(items: [Samples.practitioner], next: Array("after Martin".utf8)))
        }
        return edge
    }

    @Test func aPageLeadsToTheNextOne() async throws {
        let edge = try Self.edgeWithTwoPages()
        let first = try await edge.send("GET", "/fr/v1/practitioners?city=Saint+%C3%89tienne&limit=7")
        let cursor = try #require(first.json["nextCursor"]?.stringValue)
        let link = "</fr/v1/practitioners?city=Saint%20%C3%89tienne&limit=7&cursor=\(cursor)>; rel=\"next\""
        #expect(first["Link"] == link)
        let target = try #require(link.split(separator: ">").first).dropFirst()
        edge.services.script { $0.practitioners = .found(Page(items: [], next: nil)) }
        let second = try await edge.send("GET", String(target))
        #expect(edge.services.seen.pages.last == PageRequest(limit: 7, after: Array("after Martin".utf8)))
        #expect(second.text == #"{"items":[],"nextCursor":null}"#)
        #expect(second["Link"] == nil)
    }

    @Test func aPageWithoutALimitHasFifty() async throws {
        let edge = try Edge()
        _ = try await edge.send("GET", "/fr/v1/practitioners")
        #expect(edge.services.seen.pages == [PageRequest(limit: 50)])
    }

    @Test func aCursorIsGoodForOneCallerAndOneQuestion() async throws {
        let edge = try Self.edgeWithTwoPages()
        let first = try await edge.send("GET", "/fr/v1/practitioners?city=Paris")
        let cursor = try #require(first.json["nextCursor"]?.stringValue)
        let flipped = String(cursor.dropLast()) + (cursor.last == "A" ? "B" : "A")
        let rows: [(target: String, person: Person, status: Int)] = [
            ("/fr/v1/practitioners?city=Paris&cursor=\(cursor)", .staff, 200),
            ("/fr/v1/practitioners?city=Paris&limit=3&cursor=\(cursor)", .staff, 200),
            ("/fr/v1/practitioners?city=Paris&cursor=\(flipped)", .staff, 400),
            ("/fr/v1/practitioners?city=Paris&cursor=abcd", .staff, 400),
            ("/fr/v1/practitioners?city=Lyon&cursor=\(cursor)", .staff, 400),
            ("/fr/v1/practitioners?cursor=\(cursor)", .staff, 400),
            ("/de/v1/practitioners?city=Paris&cursor=\(cursor)", .staff, 400),
            ("/fr/v1/practitioners?city=Paris&cursor=\(cursor)", .auditor, 400),
            ("/fr/v1/practitioners/\(IDs.practitioner)/exceptions?cursor=\(cursor)", .staff, 400),
            ("/fr/v1/practitioners?city=Paris&cursor=a.b", .staff, 400),
            ("/fr/v1/practitioners?city=Paris&cursor=\(cursor)=", .staff, 400),
            ("/fr/v1/practitioners?city=Paris&cursor=", .staff, 400),
            ("/fr/v1/practitioners?city=Paris&cursor=\(String(repeating: "A", count: 2_000))", .staff, 400),
            ("/fr/v1/practitioners?city=Paris&limit=0&cursor=a.b", .staff, 422),
        ]
        for row in rows {
            let answer = try await edge.send("GET", row.target, as: row.person)
            #expect(answer.status == row.status, "\(row.target)")
            if row.status == 400 { #expect(answer.problem == "invalid-cursor") }
        }
    }
}
