import Domain
import EventStore
import TestSupport
import Testing

@testable import BookingCommands

/// Changes of a practitioner on their way into booking's calendar.
@Suite struct CalendarApplierTests {
    @Test func versionsAreAppliedInOrderAndOnce() async throws {
        try await Clinic.with("versions_in_order") { clinic in
            let id = practitioner(1)
            let events = [
                try registration(id), try scheduleSet(id, try week(["08:00-12:00"])),
                try exceptionAdded(id, try exception(.closed, "2026-11-24", "2026-11-25", id: 1)),
                try exceptionAdded(id, try exception(.closed, "2026-11-25", "2026-11-26", id: 2)),
            ]
            let changes = events.map { clinic.streams.append($0, id: EventID(from: clinic.identifiers)) }

            // The newest comes first: the versions between are asked for, and nothing is left out.
            try await clinic.calendars.apply([changes[3]], to: clinic.key(id), trace: clinic.trace)
            #expect(clinic.streams.questions == 1)
            let free = try await clinic.cold.days(
                of: id, in: clinic.country.code, from: try date("2026-11-23"), count: 4)
            #expect(free?.calendarVersion == 4)
            #expect(free?.free.map(\.count) == [8, 0, 0, 8])

            // Again, also older ones, also all of them at once: nothing happens.
            let before = try await clinic.count("SELECT count(*) FROM events")
            try await clinic.calendars.apply([changes[1]], to: clinic.key(id), trace: clinic.trace)
            try await clinic.calendars.apply(changes, to: clinic.key(id), trace: clinic.trace)
            #expect(clinic.streams.questions == 1)
            #expect(try await clinic.count("SELECT version FROM calendars") == 4)
            #expect(try await clinic.count("SELECT count(*) FROM events") == before)
        }
    }

    @Test func aChangeWhoseHistoryIsMissingIsNotApplied() async throws {
        try await Clinic.with("missing") { clinic in
            let id = practitioner(1)
            try await clinic.open(id)
            let change = PractitionerChange(
                version: 9, id: EventID(high: 1, low: 9),
                event: .deactivated(PractitionerDeactivated(practitionerID: id, country: clinic.country.code)))
            await #expect(throws: Streams.Missing.self) {
                try await clinic.calendars.apply([change], to: clinic.key(id), trace: clinic.trace)
            }
            #expect(try await clinic.count("SELECT version FROM calendars") == 2)
            let stranger = PractitionerChange(
                version: 1, id: EventID(high: 1, low: 1),
                event: try scheduleSet(practitioner(2), try week(["08:00-12:00"])))
            await #expect(throws: CalendarFault.versionMissing) {
                try await clinic.calendars.apply([stranger], to: clinic.key(practitioner(2)), trace: clinic.trace)
            }
        }
    }

    @Test func oneChangeFromManySidesAtOnceIsOne() async throws {
        try await Clinic.with("sides") { clinic in
            let id = practitioner(1)
            let events = [try registration(id), try scheduleSet(id, try week(["08:00-12:00"]))]
            let changes = events.map { clinic.streams.append($0, id: EventID(from: clinic.identifiers)) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        try await clinic.calendars.apply(
                            [changes[index % 2]], to: clinic.key(id), trace: clinic.trace)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await clinic.count("SELECT version FROM calendars") == 2)
        }
    }

    struct Displacement: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let change: @Sendable (PractitionerID) throws -> PractitionerEvent
        /// Starts of the displaced bookings, in order, of those below.
        let displaced: [String]
    }

    /// Bookings on Monday at 8, 9 (two slots, until 10), 11 and 14 o'clock, one cancelled at 10, and one today at 9
    /// that is over when the change comes.
    static let starts = ["08:00", "09:00", "11:00", "14:00"]

    static let displacements = [
        Displacement(
            testDescription: "a closed day displaces all of it",
            change: { try exceptionAdded($0, try exception(.closed, "2026-11-20", "2026-11-24")) },
            displaced: ["08:00", "09:00", "11:00", "14:00"]),
        Displacement(
            testDescription: "a closed half hour displaces the visit whose second slot it is",
            change: { try exceptionAdded($0, try exception(.closed, "2026-11-23", "2026-11-24", ["09:30-10:00"])) },
            displaced: ["09:00"]),
        Displacement(
            testDescription: "a closure of free time displaces nobody",
            change: { try exceptionAdded($0, try exception(.closed, "2026-11-23", "2026-11-24", ["10:00-11:00"])) },
            displaced: []),
        Displacement(
            testDescription: "an extra displaces nobody",
            change: { try exceptionAdded($0, try exception(.extra, "2026-11-23", "2026-11-24", ["18:00-19:00"])) },
            displaced: []),
        Displacement(
            testDescription: "a shorter week displaces what it does not hold",
            change: { try scheduleSet($0, try week(["08:00-11:00"])) }, displaced: ["11:00", "14:00"]),
        Displacement(
            testDescription: "a week from Tuesday on leaves Monday alone",
            change: { try scheduleSet($0, try week([], from: "2026-11-24")) }, displaced: []),
        Displacement(
            testDescription: "a deactivation displaces everybody",
            change: { .deactivated(PractitionerDeactivated(practitionerID: $0, country: try country().code)) },
            displaced: ["08:00", "09:00", "11:00", "14:00"]),
    ]

    @Test(arguments: displacements)
    func displaces(_ example: Displacement) async throws {
        try await Clinic.with("displace") { clinic in
            let id = practitioner(1)
            try await clinic.open(id, ["08:00-12:00", "14:00-18:00"])
            try await book(id, clinic)
            clinic.clock.set(try instant("2026-11-20T12:00:00+01:00"))

            let change = try await clinic.apply(try example.change(id))
            let displaced = try await clinic.queries.displaced(by: change.id, in: clinic.country.code)
            let expected = try example.displaced.map { try instant("2026-11-23T\($0):00+01:00") }
            #expect(displaced.map(\.place.slotStart) == expected)
            #expect(displaced.allSatisfy { $0.status == .confirmed && $0.version == 2 })
            #expect(
                try await clinic.count("SELECT count(*) FROM events WHERE type = 'BookingDisplaced'")
                    == Int64(expected.count))
            try await clinic.expectSound()

            // The event says the same again: the list stays what it was, looked up by its cause.
            try await clinic.calendars.apply([change], to: clinic.key(id), trace: clinic.trace)
            #expect(try await clinic.queries.displaced(by: change.id, in: clinic.country.code) == displaced)
            try await clinic.expectSound()
        }
    }

    private func book(_ id: PractitionerID, _ clinic: Clinic) async throws {
        let writer = clinic.writers[0]
        for start in Self.starts {
            let request = try clinic.create(
                id, "2026-11-23T\(start):00+01:00", type: start == "09:00" ? "long" : "standard", key: start)
            #expect(await writer.got(request).isSuccess)
        }
        let cancelled = try clinic.create(id, "2026-11-23T10:00:00+01:00", key: "10:00")
        #expect(await writer.got(cancelled).isSuccess)
        #expect(await writer.got(clinic.cancel(cancelled.bookingID, key: "cancel")).isSuccess)
        #expect(await writer.got(try clinic.create(id, "2026-11-20T09:00:00+01:00", key: "today")).isSuccess)
    }

    @Test func whatWasClosedAlreadyIsNotDisplacedAgain() async throws {
        try await Clinic.with("again") { clinic in
            let id = practitioner(1)
            try await clinic.open(id, ["08:00-12:00", "14:00-18:00"])
            try await book(id, clinic)
            let half = try exception(.closed, "2026-11-23", "2026-11-24", ["08:00-10:00"], id: 1)
            let first = try await clinic.apply(try exceptionAdded(id, half))
            let whole = try exception(.closed, "2026-11-23", "2026-11-24", id: 2)
            let second = try await clinic.apply(try exceptionAdded(id, whole))
            let queries = clinic.queries
            #expect(try await queries.displaced(by: first.id, in: clinic.country.code).count == 2)
            #expect(try await queries.displaced(by: second.id, in: clinic.country.code).count == 2)
            try await clinic.expectSound()
        }
    }

    @Test func aBaselineDisplacesNobodyAndTakesNothingBack() async throws {
        try await Clinic.with("adopt") { clinic in
            let id = practitioner(1)
            try await clinic.open(id, ["08:00-12:00", "14:00-18:00"])
            try await book(id, clinic)
            let grid = try zones.grid(zone: "Europe/Paris", dayStart: .eight, slotMinutes: 30)
            let closed = PractitionerCalendar(
                practitionerID: id, country: clinic.country.code, grid: grid, isActive: false, version: 7)
            let old = PractitionerCalendar(
                practitionerID: id, country: clinic.country.code, grid: grid, version: 1)
            let new = PractitionerCalendar(
                practitionerID: practitioner(2), country: clinic.country.code, grid: grid, version: 3)
            try await clinic.calendars.adopt([
                StoredCalendar(calendar: new, number: 2), StoredCalendar(calendar: closed, number: 1),
            ])
            try await clinic.calendars.adopt([StoredCalendar(calendar: old, number: 1)])
            #expect(try await clinic.count("SELECT sum(version)::bigint FROM calendars") == 10)
            #expect(try await clinic.count("SELECT count(*) FROM displacements") == 0)
            #expect(try await clinic.count("SELECT count(*) FROM events WHERE type = 'BookingDisplaced'") == 0)
            #expect(
                await clinic.writers[0].got(
                    try clinic.create(id, "2026-11-23T09:30:00+01:00", key: "late"))
                    == .answer("409 practitioner-inactive"))
        }
    }

    @Test func checkpointsOnlyGrow() async throws {
        try await Clinic.with("checkpoints") { clinic in
            let checkpoints = CalendarCheckpoints(pool: clinic.pool)
            #expect(try await checkpoints.sequence(of: 3) == nil)
            try await checkpoints.advance(3, to: 8)
            try await checkpoints.advance(3, to: 5)
            #expect(try await checkpoints.sequence(of: 3) == 8)
            #expect(try await checkpoints.sequence(of: 2) == nil)
        }
    }

    @Test func aCalendarSurvivesItsRow() throws {
        let calendar = PractitionerCalendar(
            practitionerID: practitioner(1), country: try country().code,
            grid: try zones.grid(zone: "America/New_York", dayStart: try #require(LocalTime("20:00")), slotMinutes: 25),
            schedules: [try week(["20:00-02:00", "03:00-05:30"]), try week([], from: "2027-01-01")],
            exceptions: [
                try exception(.closed, "2026-11-24", "2026-11-26", ["21:00-22:00"], id: 1),
                try exception(.extra, "2026-12-24", "2026-12-25", id: 2),
            ],
            consultationTypes: try visitTypes(), isActive: false, acceptsNewPatients: false, version: 42)
        let stored = StoredCalendar(calendar: calendar, number: 1_025)
        let codec = CalendarCodec(zones: zones)
        #expect(try codec.decode(codec.encode(stored), key: stored.key, version: 42) == stored)
        #expect(throws: (any Error).self) { try codec.decode(Array("{}".utf8), key: stored.key, version: 1) }
    }
}
