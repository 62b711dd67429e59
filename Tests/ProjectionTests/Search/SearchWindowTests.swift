import Domain
import TestSupport
import Testing

@testable import SearchProjection

/// Which free slots count: around clock changes, the minimum notice and the horizon, in SQL as in the domain.
@Suite struct SearchWindowTests {
    /// Days of a grid in the night, so that clock changes fall into it: slots from 20:00 to 08:00.
    private struct Case: Sendable {
        let name: String
        let now: String
        let days: [String: [Int]]
        let from: SearchWindow.Bound?
        let to: SearchWindow.Bound?
        let next: String?
        let count: Int
    }

    private static let cases = [
        Case(
            name: "before the clocks go forward", now: "2027-03-26T12:00:00Z", days: ["2027-03-27": [10, 12]],
            from: .date(day("2027-03-28")), to: .date(day("2027-03-29")), next: "2027-03-28T01:00:00+01:00", count: 1),
        Case(
            name: "after the clocks went forward", now: "2027-03-26T12:00:00Z", days: ["2027-03-27": [14]],
            from: .instant(instant("2027-03-28T03:00:00+02:00")), to: .instant(instant("2027-03-28T03:00:01+02:00")),
            next: "2027-03-28T03:00:00+02:00", count: 1),
        Case(
            name: "the first of two hours when they go back", now: "2026-10-24T12:00:00Z",
            days: ["2026-10-24": [12, 13, 14]], from: .instant(instant("2026-10-25T02:00:00+02:00")),
            to: .instant(instant("2026-10-25T02:00:00+01:00")), next: "2026-10-25T02:00:00+02:00", count: 2),
        Case(
            name: "after the second one", now: "2026-10-24T12:00:00Z", days: ["2026-10-24": [12, 13, 14]],
            from: .instant(instant("2026-10-25T02:00:00+01:00")), to: nil, next: "2026-10-25T03:00:00+01:00", count: 1),
        Case(
            name: "yesterday's grid day is not over", now: "2026-11-20T02:10:00+01:00",
            days: ["2026-11-19": [0, 13, 14]],
            from: nil, to: nil, next: "2026-11-20T03:00:00+01:00", count: 1),
        Case(
            name: "a start within the minimum notice does not count", now: "2026-11-20T19:40:00+01:00",
            days: ["2026-11-20": [0, 1]], from: nil, to: nil, next: "2026-11-20T20:30:00+01:00", count: 1),
        Case(
            name: "nothing beyond the horizon", now: "2026-11-20T12:00:00+01:00", days: ["2026-12-01": [0]], from: nil,
            to: nil, next: nil, count: 0),
    ]

    @Test func countsWhatCanBeBooked() async throws {
        let country = Country(
            code: code("fr"), languages: ["fr"], timeZone: "Europe/Paris", bookingHorizonDays: 10,
            minimumNoticeMinutes: 30)
        for example in Self.cases {
            try await SearchBed.with(now: instant(example.now), country: country) { bed in
                let person = SearchPerson(number: 1)
                var registered = person.registered
                registered.dayStart = try #require(LocalTime("20:00"))
                try await bed.index([
                    person.profile(.registered(registered), sequence: 1),
                    person.free(example.days, next: "2020-01-01T00:00:00Z", at: instant(example.now)),
                ])
                let window = SearchWindow(from: example.from, to: example.to)
                // Four ways to the same answer: by index, by specialty, by place, by name; ordered and filtered in SQL.
                let questions = [
                    SearchQuestion(window: window), SearchQuestion(specialty: "cardiology", window: window),
                    SearchQuestion(near: .place("Paris"), window: window),
                    SearchQuestion(text: "martin", window: window),
                ]
                for question in questions {
                    let hits = try await bed.queries.search(question, in: country, limit: 5).hits
                    let isFound = example.count > 0 || window.isOpen
                    try #require(hits.count == (isFound ? 1 : 0), "\(example.name)")
                    guard let hit = hits.first else { continue }
                    #expect(hit.nextAvailable == example.next.map(instant), "\(example.name)")
                    #expect(hit.freeSlots == example.count, "\(example.name)")
                    // The database found the same first start; where it orders by distance there is none to compare.
                    guard hit.position.order != .distance else { continue }
                    let expected = example.next.map { Double(instant($0).microseconds) } ?? .infinity
                    #expect(hit.position.rank == expected, "\(example.name)")
                }
            }
        }
    }

    /// The projector looks further than the hot days for the next start; search has only that one of them.
    @Test func knowsTheNextStartBehindTheHotDays() async throws {
        try await SearchBed.with { bed in
            let person = SearchPerson(number: 1)
            let start = instant("2027-01-11T08:00:00+01:00")
            try await bed.index([person.registration(), person.free([:], next: "2027-01-11T08:00:00+01:00")])
            for window in [SearchWindow(), SearchWindow(from: .date(day("2027-01-11")))] {
                for near in [nil, SearchQuestion.Near.place("Paris")] {
                    let question = SearchQuestion(near: near, window: window, order: .soonest)
                    let hit = try await bed.queries.search(question, in: SearchBed.france, limit: 5).hits.first
                    #expect(hit?.nextAvailable == start)
                    #expect(hit?.freeSlots == 0)
                    #expect(hit?.position.rank == Double(start.microseconds))
                }
            }
            let before = SearchWindow(from: .date(day("2026-11-21")), to: .instant(start))
            #expect(try await bed.found(SearchQuestion(window: before)).isEmpty)
        }
    }

    @Test func datesMeanTheDayOfEachPractice() async throws {
        try await SearchBed.with { bed in
            let paris = SearchPerson(number: 1, name: "Dr P Paris")
            let reunion = SearchPerson(number: 2, name: "Dr R Réunion", timeZone: "Indian/Reunion")
            // 08:00 on the 21st in Paris and in Réunion, three hours before.
            try await bed.index([
                paris.registration(), reunion.registration(), paris.free(["2026-11-21": [0]]),
                reunion.free(["2026-11-21": [0]]),
            ])
            let day = SearchWindow(from: .date(day("2026-11-21")), to: .date(day("2026-11-22")))
            #expect(try await bed.found(SearchQuestion(window: day)) == ["Dr R Réunion", "Dr P Paris"])
        }
    }
}
