import Domain
import EventStore
import Observability
import Postgres
import TestSupport
import Testing

@testable import PractitionerCommands

@Suite("One outcome a key, whatever fails on the way (G3)")
struct PractitionerIdempotencyTests {
    static let closure = NewException(
        from: LocalDate(days: 20_800), to: LocalDate(days: 20_802), kind: .closed, sessions: [], reason: "away")

    @Test("the four outcomes: new, the same again, another request, and a refusal that is stored too")
    func outcomes() async throws {
        try await Practice.with("practitioner_keys") { practice in
            let register = PractitionerCommand.register(Requests.registration("Dr. A"))
            let first = await practice.run(register, key: "a")
            #expect(first.hasPrefix("registered"))
            #expect(await practice.run(register, key: "a") == "again: \(first)")
            #expect(await practice.run(register, key: "a", fingerprint: 2) == "key reused")
            let unknown = PractitionerCommand.addException(PractitionerID(high: 9, low: 9), Self.closure)
            #expect(await practice.run(unknown, key: "b") == "refused unknownPractitioner")
            #expect(await practice.run(unknown, key: "b") == "again: refused unknownPractitioner")
            let registered = try await practice.int("SELECT count(*) FROM practitioners")
            #expect(registered == 1)
            #expect(
                try await practice.int("SELECT next_number FROM practitioner_numbers") == 1,
                "a repeated registration gives its number back")
        }
    }

    @Test("the same key at once, from two processes: one change, one answer")
    func sameKeyAtOnce() async throws {
        try await Practice.with("practitioner_race") { practice in
            let other = practice.anotherProcess(seed: 2)
            let id = try await practice.register("Dr. A")
            let commands: [(String, PractitionerCommand)] = [
                ("register", .register(Requests.registration("Dr. B"))), ("close", .addException(id, Self.closure)),
                ("off", .setActive(id, false)),
            ]
            for (key, command) in commands {
                var answers: [String] = []
                await withTaskGroup(of: String.self) { group in
                    for number in 0..<8 {
                        let handler = number.isMultiple(of: 2) ? practice.handler : other.handler
                        group.addTask { words(await handler.execute(Requests.request(command, key: key))) }
                    }
                    for await answer in group { answers.append(answer) }
                }
                let told = Set(answers.map { $0.hasPrefix("again: ") ? String($0.dropFirst(7)) : $0 })
                #expect(told.count == 1, "\(key): \(told)")
                #expect(answers.count { !$0.hasPrefix("again: ") } == 1, "\(key): one of them is the first")
            }
            await other.pool.close()
            #expect(try await practice.int("SELECT count(*) FROM practitioners") == 2)
            #expect(try await practice.int("SELECT count(*) FROM events") == 4)
        }
    }

    @Test("booking down: the change is kept, other requests go on, and the retry completes the answer, once")
    func bookingDown() async throws {
        try await Practice.with("practitioner_down") { practice in
            let id = try await practice.register()
            practice.calendar.isDown = true
            let close = PractitionerCommand.addException(id, Self.closure)
            #expect(await practice.run(close, key: "close") == "unavailable booking, kept")
            #expect(await practice.run(close, key: "close") == "unavailable booking, kept")
            #expect(await practice.run(close, key: "close", fingerprint: 2) == "key reused")
            let week = [DaySessions(day: .monday, sessions: [Session(start: .eight, end: .midnight)])]
            let set = PractitionerCommand.setSchedule(id, days: week, validFrom: nil)
            #expect(await practice.run(set, accepts: [0]) == "unavailable booking, kept")
            #expect(practice.calendar.version(of: id) == 1)

            practice.calendar.isDown = false
            let cause = try await practice.history(of: id, upTo: 2)[1].id
            let booking = DisplacedBooking(
                bookingID: BookingID(high: 1, low: 1), patientID: PatientID(high: 1, low: 1),
                slotStart: Instant(seconds: 0), slotEnd: Instant(seconds: 1_800))
            practice.calendar.displace([booking], by: cause)
            let answer = await practice.run(close, key: "close")
            #expect(answer.hasSuffix("away displaced 1"))
            #expect(practice.calendar.version(of: id) == 3, "up to where the stream is now")
            #expect(await practice.run(close, key: "close") == "again: \(answer)")
            #expect(await practice.run(set, accepts: [0]).hasPrefix("scheduled v1"), "a repeated PUT is no conflict")
            #expect(try await practice.int("SELECT count(*) FROM events") == 3)
        }
    }

    @Test("a DELETE that was kept is repeated until booking has it")
    func removalWhileDown() async throws {
        try await Practice.with("practitioner_delete") { practice in
            let id = try await practice.register()
            let added = await practice.run(.addException(id, Self.closure), key: "close")
            let exception = try #require(ExceptionID(added.split(separator: " ")[1]))
            practice.calendar.isDown = true
            #expect(await practice.run(.removeException(id, exception)) == "unavailable booking, kept")
            practice.calendar.isDown = false
            #expect(await practice.run(.removeException(id, exception)) == "removed")
            #expect(practice.calendar.version(of: id) == 3)
            #expect(
                await practice.run(.removeException(id, ExceptionID(high: 5, low: 5))) == "refused unknownException")
        }
    }

    @Test("killed between commit and application: the retry answers with the practitioner as the change left it")
    func killedAfterCommit() async throws {
        try await Practice.with("practitioner_kill") { practice in
            let dying = PractitionerTransaction(
                pool: practice.pool, zones: Practice.zones, clock: practice.clock,
                identifiers: SeededIdentifiers(seed: 7), committed: {})
            let register = PractitionerCommand.register(Requests.registration("Dr. A"))
            guard case .kept(let change) = try await dying.run(Requests.request(register, key: "r")) else {
                Issue.record("the registration was not kept")
                return
            }
            let id = change.owed.practitionerID
            #expect(practice.calendar.version(of: id) == 0)
            var patch = ProfilePatch()
            patch.displayName = "Dr. B"
            #expect(await practice.run(.update(id, patch), accepts: [1]) == "updated v2 Dr. B")
            #expect(await practice.run(register, key: "r") == "registered \(id) v1 n0 Dr. A")
            #expect(practice.calendar.applied(to: id).map(\.version) == [1, 2])
        }
    }

    @Test("the database away: said so, nothing half done, and the same request succeeds later")
    func connectionsLost() async throws {
        try await Practice.with("practitioner_lost") { practice in
            let id = try await practice.register("Dr. A")
            try await practice.owner.withSession { session in
                try await session.execute(
                    SQLStatement(
                        name: "kill",
                        text:
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND pid <> pg_backend_pid()"))
            }
            #expect(await practice.run(.setActive(id, false), key: "off") == "inactive v2 displaced 0")
        }
        let nowhere = PGPool(url: "postgresql:///none?host=/nonexistent", label: "nowhere", sessionsMax: 1)
        let handler = PractitionerHandler(
            pool: nowhere, zones: Practice.zones,
            calendar: RecordingCalendar(stream: PractitionerStream(pool: nowhere)),
            clock: FixedClock(Instant(seconds: 0)), identifiers: SeededIdentifiers(), log: .silent, committed: {})
        let result = await handler.execute(Requests.request(.register(Requests.registration()), key: "r"))
        #expect(words(result) == "unavailable practitioner-database")
        await nowhere.close()
    }
}
