import Domain
import EventStore
import Postgres
import PractitionerCommands
import TestSupport
import Testing

@Suite("Changes of practitioners: stored, applied by booking, answered")
struct PractitionerHandlerTests {
    static let hours = Session(start: .eight, end: .midnight)

    @Test("a life: registered, changed, scheduled, closed, opened again, deactivated; booking has every version")
    func life() async throws {
        try await Practice.with("practitioner_life") { practice in
            let id = try await practice.register("Dr. Lefèvre")
            var patch = ProfilePatch()
            patch.displayName = "Dr. Lefèvre-Roy"
            #expect(await practice.run(.update(id, patch), accepts: [1]) == "updated v2 Dr. Lefèvre-Roy")
            let week = [DaySessions(day: .monday, sessions: [Self.hours])]
            #expect(
                await practice.run(.setSchedule(id, days: week, validFrom: nil), accepts: [0])
                    == "scheduled v1 from 2026-11-18 displaced 0")
            let closure = NewException(
                from: LocalDate(days: 20_800), to: LocalDate(days: 20_801), kind: .closed, sessions: [Self.hours],
                reason: "conference")
            let added = await practice.run(.addException(id, closure), key: "close")
            #expect(added.hasSuffix("conference displaced 0"))
            let exception = try #require(ExceptionID(added.split(separator: " ")[1]))
            #expect(await practice.run(.removeException(id, exception)) == "removed")
            #expect(await practice.run(.setActive(id, false), key: "off") == "inactive v3 displaced 0")

            let applied = practice.calendar.applied(to: id)
            #expect(applied.map(\.version) == Array(1...6))
            #expect(try await practice.history(of: id, upTo: 6) == applied)
            #expect(practice.commits.count == 6)
            #expect(try await practice.int("SELECT count(*) FROM outbox") == 6)
            #expect(
                try await practice.int("SELECT count(*) FROM events WHERE position('conference'::bytea in data) > 0")
                    == 0)
            #expect(
                try await practice.int("SELECT count(*) FROM events WHERE zone_rules = '2026a-test'") == 6)
        }
    }

    @Test("a schedule that is read back equals what was asked, and its repetition changes nothing")
    func scheduleRoundTrip() async throws {
        try await Practice.with("practitioner_week") { practice in
            let id = try await practice.register()
            let night = Session(start: .eight, end: .eight)
            let week = [
                DaySessions(day: .monday, sessions: [Self.hours, night]), DaySessions(day: .sunday, sessions: [night]),
            ]
            let set = PractitionerCommand.setSchedule(id, days: week, validFrom: LocalDate(days: 20_700))
            let first = await practice.run(set, accepts: [0])
            #expect(first.hasPrefix("scheduled v1"))
            let stored = try await PractitionerQueries(pool: practice.pool).practitioner(id, in: .fr)
            #expect(stored?.schedule == WeeklySchedule(validFrom: LocalDate(days: 20_700), days: week))
            #expect(await practice.run(set, accepts: [0]) == first)
            #expect(await practice.run(set, accepts: [1]) == first)
            #expect(practice.calendar.version(of: id) == 2)
        }
    }

    @Test("stale versions change nothing; the profile's and the schedule's do not touch each other")
    func staleVersions() async throws {
        try await Practice.with("practitioner_etag") { practice in
            let id = try await practice.register("Dr. A")
            var patch = ProfilePatch()
            patch.displayName = "Dr. B"
            #expect(
                await practice.run(.setSchedule(id, days: [], validFrom: nil), accepts: [0]).hasPrefix("scheduled v1"))
            #expect(await practice.run(.update(id, patch), accepts: [7, 1]) == "updated v2 Dr. B")
            #expect(await practice.run(.update(id, patch), accepts: [1]) == "updated v2 Dr. B", "a retry")
            patch.displayName = "Dr. C"
            #expect(await practice.run(.update(id, patch), accepts: [1]) == "stale, now 2")
            let week = [DaySessions(day: .monday, sessions: [Self.hours])]
            #expect(await practice.run(.setSchedule(id, days: week, validFrom: nil), accepts: [2]) == "stale, now 1")
            #expect(await practice.run(.setActive(id, false), key: "off", accepts: [1]) == "stale, now 2")
            #expect(
                await practice.run(.setActive(id, false), key: "off", accepts: [2]) == "inactive v3 displaced 0",
                "412 leaves the key free")
            #expect(practice.calendar.version(of: id) == 4)
        }
    }

    @Test("what only this service can check is told with pointers, and stores nothing")
    func invalid() async throws {
        try await Practice.with("practitioner_check") { practice in
            let types = [ConsultationType.standard, .standard]
            let nowhere = Requests.registration(timeZone: "Europe/Atlantis", types: types)
            #expect(
                await practice.run(.register(nowhere), key: "k") == "invalid /consultationTypes/1/code /timeZone")
            #expect(
                await practice.run(.register(Requests.registration(timeZone: "../passwd")), key: "k")
                    == "invalid /timeZone")
            #expect(try await practice.int("SELECT count(*) FROM idempotency") == 0)
            let id = try await practice.register(key: "k")
            let backwards = NewException(
                from: LocalDate(days: 1), to: LocalDate(days: 1), kind: .closed, sessions: [], reason: nil)
            #expect(await practice.run(.addException(id, backwards), key: "e") == "invalid /to")
        }
    }

    @Test("registrations at the same time get numbers that are dense in each partition")
    func denseNumbers() async throws {
        try await Practice.with("practitioner_numbers") { practice in
            let other = practice.anotherProcess(seed: 2)
            await withTaskGroup(of: String.self) { group in
                for number in 0..<120 {
                    let handler = number.isMultiple(of: 2) ? practice.handler : other.handler
                    group.addTask {
                        words(
                            await handler.execute(
                                Requests.request(.register(Requests.registration("Dr. \(number)")), key: "r\(number)")))
                    }
                }
                for await answer in group { #expect(answer.hasPrefix("registered")) }
            }
            await other.pool.close()
            let holes = """
                SELECT count(*) FROM (
                    SELECT number - row_number() OVER (PARTITION BY kafka_partition ORDER BY number) + 1 AS off
                    FROM practitioners) AS n WHERE off <> 0
                """
            let foreign = """
                SELECT count(*) FROM events e JOIN practitioners p ON p.practitioner_id = e.key
                WHERE shard <> kafka_partition
                """
            let registered = try await practice.int("SELECT count(*) FROM practitioners")
            #expect(registered == 120)
            #expect(try await practice.int("SELECT count(DISTINCT kafka_partition) FROM practitioners") == 6)
            #expect(try await practice.int(holes) == 0)
            #expect(try await practice.int(foreign) == 0, "a practitioner's events are in the shard of its number")
        }
    }
}
