import Domain
import Postgres
import PractitionerCommands
import TestSupport
import Testing

@Suite("Lists of practitioners and exceptions")
struct PractitionerQueriesTests {
    @Test("pages show every active practitioner once, filtered in any case")
    func practitioners() async throws {
        try await Practice.with("practitioner_pages") { practice in
            var ids: [PractitionerID] = []
            for number in 0..<7 { ids.append(try await practice.register("Dr. \(number)", key: "r\(number)")) }
            _ = await practice.run(.setActive(ids[3], false), key: "off")
            let queries = PractitionerQueries(pool: practice.pool)
            var seen: [PractitionerID] = []
            var after: PractitionerID?
            repeat {
                let page = PractitionerPage(specialty: "dermatoLOGY", city: "PARIS", after: after, limit: 2)
                let answer = try await queries.page(in: .fr, page)
                seen += answer.items.map(\.id)
                after = answer.next
            } while after != nil
            #expect(seen == ids.filter { $0 != ids[3] }.sorted())
            let none = PractitionerPage(specialty: "Surgery", city: nil, after: nil, limit: 2)
            #expect(try await queries.page(in: .fr, none).items.isEmpty)
            #expect(try await queries.practitioner(ids[3], in: .fr)?.isActive == false)
            #expect(try await queries.practitioner(PractitionerID(high: 1, low: 2), in: .fr) == nil)
        }
    }

    @Test("exceptions come by start date, without those that were removed; of nobody there is no list")
    func exceptions() async throws {
        try await Practice.with("practitioner_exceptions") { practice in
            let id = try await practice.register()
            var added: [ExceptionID] = []
            for day in [9, 3, 5, 3] as [Int32] {
                let exception = NewException(
                    from: LocalDate(days: day), to: LocalDate(days: day + 1), kind: .extra,
                    sessions: [Session(start: .eight, end: .midnight)], reason: nil)
                let answer = await practice.run(.addException(id, exception), key: "e\(added.count)")
                added.append(try #require(ExceptionID(answer.split(separator: " ")[1])))
            }
            _ = await practice.run(.removeException(id, added[2]))
            let queries = PractitionerQueries(pool: practice.pool)
            var seen: [ExceptionID] = []
            var after: ExceptionPage.Position?
            repeat {
                let answer = try #require(
                    try await queries.exceptions(of: id, in: .fr, ExceptionPage(after: after, limit: 1)))
                #expect(answer.practitioner.id == id)
                seen += answer.items.map(\.exception.id)
                after = answer.next
            } while after != nil
            #expect(seen == [added[1], added[3], added[0]])
            let nobody = PractitionerID(high: 1, low: 2)
            #expect(try await queries.exceptions(of: nobody, in: .fr, ExceptionPage(after: nil, limit: 1)) == nil)
        }
    }

    @Test("a part of the history that does not exist is an error, never a shorter answer")
    func history() async throws {
        try await Practice.with("practitioner_history") { practice in
            let id = try await practice.register()
            #expect(try await practice.history(of: id, upTo: 1).count == 1)
            await #expect(throws: (any Error).self) { try await practice.history(of: id, upTo: 2) }
        }
    }

    @Test("partitions are made once, and the migrations once")
    func schema() async throws {
        try await Practice.with("practitioner_schema") { practice in
            #expect(try await PractitionerSchema.ensurePartitions(countries: [.fr], in: practice.owner).isEmpty)
            let germany = try #require(CountryCode("de"))
            #expect(
                try await PractitionerSchema.ensurePartitions(countries: [.fr, germany], in: practice.owner).sorted()
                    == ["practitioners_de", "schedule_exceptions_de"])
        }
    }
}
