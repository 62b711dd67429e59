import Domain
import EventStore
import Postgres
import TestSupport
import Testing

@testable import BookingCommands

/// One command at a time through the writer, down to the rows that it leaves.
@Suite struct BookingWriterTests {
    static let ten = "2026-11-23T10:00:00+01:00"
    static let eleven = "2026-11-23T11:00:00+01:00"

    @Test func aBookingsLifeIsInEveryTable() async throws {
        try await Clinic.with("life") { clinic in
            try await clinic.open(practitioner(1))
            try await clinic.open(practitioner(2))
            let writer = clinic.writers[0]
            let made = try clinic.create(practitioner(1), Self.ten, type: "long", key: "a", by: .partner)
            let id = made.bookingID
            #expect(await writer.got(made) == .answer("201 confirmed v1 2026-11-23T09:00:00Z"))
            #expect(try await guards(clinic) == ["1 4", "1 5"])
            clinic.clock.advance(seconds: 60)
            let moved = try clinic.move(id, to: Self.eleven, of: practitioner(2), key: "b", accepting: [1])
            #expect(await writer.got(moved) == .answer("200 confirmed v2 2026-11-23T10:00:00Z"))
            #expect(try await guards(clinic) == ["2 6", "2 7"])
            #expect(
                await writer.got(try clinic.move(id, to: Self.eleven, key: "c"))
                    == .answer("200 confirmed v2 2026-11-23T10:00:00Z"))
            #expect(await writer.got(clinic.cancel(id, key: "d")) == .answer("200 cancelled v3 2026-11-23T10:00:00Z"))
            #expect(await writer.got(clinic.cancel(id, key: "e")) == .answer("200 cancelled v3 2026-11-23T10:00:00Z"))
            #expect(
                await writer.got(try clinic.move(id, to: Self.ten, key: "f")) == .answer("409 booking-cancelled"))
            #expect(try await guards(clinic) == [])

            let events = try await EventReader(clinic.pool).stream(country: clinic.country.code, StreamName(id))
            #expect(events.map(\.wireType.name) == ["BookingCreated", "BookingRescheduled", "BookingCancelled"])
            #expect(events.map(\.metadata.actorSubject) == ["partner-1", "staff-1", "staff-1"])
            #expect(events.map(\.metadata.zoneRules) == Array(repeating: zones.version, count: 3))
            #expect(events[1].keys == [RecordKey(practitioner(1)), RecordKey(practitioner(2))])
            let stored = try #require(try await clinic.queries.booking(id, in: clinic.country.code, for: .everyone))
            #expect(stored.madeBy == Booking.Maker(role: "partner", subject: "partner-1"))
            #expect(stored.createdAt == (try instant(Clinic.morning)))
            #expect(stored.updatedAt == stored.createdAt.adding(seconds: 60))
            #expect(try await clinic.count("SELECT count(*) FROM idempotency") == 6)
            try await clinic.expectSound()
        }
    }

    /// `practitioner slot` of each confirmed guard row.
    private func guards(_ clinic: Clinic) async throws -> [String] {
        let rows = try await clinic.pool.query(
            SQLStatement(
                name: "guards",
                text: """
                    SELECT right(practitioner_id::text, 1) || ' ' || slot_index FROM booked_slots
                    WHERE status = 'confirmed' ORDER BY 1
                    """))
        return (0..<rows.count).map { rows.text($0, 0) }
    }

    struct Seen: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let access: BookingAccess
        let isVisible: Bool
    }

    static let accesses = [
        Seen(testDescription: "staff", access: .everyone, isVisible: true),
        Seen(testDescription: "its patient", access: .patient(patient(1)), isVisible: true),
        Seen(testDescription: "another patient", access: .patient(patient(2)), isVisible: false),
        Seen(testDescription: "its practitioner", access: .practitioner(practitioner(1)), isVisible: true),
        Seen(testDescription: "another practitioner", access: .practitioner(practitioner(2)), isVisible: false),
        Seen(testDescription: "the partner that made it", access: .maker(subject: "partner-1"), isVisible: true),
        Seen(testDescription: "another partner", access: .maker(subject: "partner-2"), isVisible: false),
    ]

    @Test func anotherOnesBookingIsNotThere() async throws {
        try await Clinic.with("access") { clinic in
            try await clinic.open(practitioner(1))
            let writer = clinic.writers[0]
            for (number, seen) in Self.accesses.enumerated() {
                let start = try instant("2026-11-23T08:00:00+01:00").adding(minutes: 60 * number)
                let made = try clinic.create(
                    practitioner(1), ParsedTime(start), key: "make-\(number)", by: .partner)
                _ = await writer.got(made)
                let read = try await clinic.queries.booking(
                    made.bookingID, in: clinic.country.code, for: seen.access)
                #expect((read != nil) == seen.isVisible, "\(seen.testDescription)")
                let moved = await writer.got(
                    try clinic.move(
                        made.bookingID, to: start.adding(minutes: 30).description, key: "move-\(number)",
                        access: seen.access))
                #expect(moved.line?.hasPrefix(seen.isVisible ? "200 confirmed v2" : "404") == true)
                let cancelled = await writer.got(
                    clinic.cancel(made.bookingID, key: "cancel-\(number)", access: seen.access))
                #expect(cancelled.line?.hasPrefix(seen.isVisible ? "200 cancelled v3" : "404") == true)
            }
            #expect(
                await writer.got(clinic.cancel(BookingID(high: 9, low: 9), key: "none")) == .answer("404 not-found"))
            try await clinic.expectSound()
        }
    }

    @Test func aStaleVersionIsToldAndLeavesTheKeyFree() async throws {
        try await Clinic.with("versions") { clinic in
            try await clinic.open(practitioner(1))
            let writer = clinic.writers[0]
            let made = try clinic.create(practitioner(1), Self.ten, key: "make")
            _ = await writer.got(made)
            let stale = try clinic.move(made.bookingID, to: Self.eleven, key: "move", accepting: [7, 8])
            #expect(await writer.got(stale) == .failure(.versionMismatch(current: 1)))
            let fresh = try clinic.move(made.bookingID, to: Self.eleven, key: "move", accepting: [7, 1])
            #expect(await writer.got(fresh) == .answer("200 confirmed v2 2026-11-23T10:00:00Z"))
            #expect(await writer.got(fresh) == .replay("200 confirmed v2 2026-11-23T10:00:00Z"))
        }
    }

    @Test func aChangeRepeatedWithTheVersionBeforeItIsUnchanged() async throws {
        try await Clinic.with("repetition") { clinic in
            try await clinic.open(practitioner(1))
            let writer = clinic.writers[0]
            let made = try clinic.create(practitioner(1), Self.ten, key: "make")
            _ = await writer.got(made)
            for key in ["move", "move-again"] {
                let moved = await writer.got(
                    try clinic.move(made.bookingID, to: Self.eleven, key: key, accepting: [1]))
                #expect(moved == .answer("200 confirmed v2 2026-11-23T10:00:00Z"))
            }
            let elsewhere = try clinic.move(made.bookingID, to: Self.ten, key: "elsewhere", accepting: [1])
            #expect(await writer.got(elsewhere) == .failure(.versionMismatch(current: 2)))
            for key in ["cancel", "cancel-again"] {
                let cancelled = await writer.got(clinic.cancel(made.bookingID, key: key, accepting: [2]))
                #expect(cancelled.line?.hasPrefix("200 cancelled v3") == true)
            }
            let late = await writer.got(clinic.cancel(made.bookingID, key: "late", accepting: [1]))
            #expect(late == .failure(.versionMismatch(current: 3)))
        }
    }

    @Test func alternativesAreTheNearestFreeStarts() async throws {
        try await Clinic.with("alternatives") { clinic in
            try await clinic.open(practitioner(1), ["08:00-12:00"])
            let writer = clinic.writers[0]
            for start in ["10:00", "09:30"] {
                _ = await writer.got(
                    try clinic.create(practitioner(1), "2026-11-23T\(start):00+01:00", key: start))
            }
            let loser = await writer.got(try clinic.create(practitioner(1), Self.ten, key: "loser"))
            #expect(
                loser
                    == .answer(
                        "409 slot-taken Europe/Paris: 2026-11-23T09:30:00Z 2026-11-23T08:00:00Z 2026-11-23T10:00:00Z"))
            #expect(
                await writer.got(try clinic.create(practitioner(1), Self.ten, key: "loser"))
                    == .replay(loser.line ?? ""))
        }
    }

    @Test func aHintSavesTheLockAndNeverJudges() async throws {
        try await Clinic.with("hint") { clinic in
            try await clinic.open(practitioner(1))
            let writer = clinic.writers[0]
            // The pages are asked where a calendar is at hand, so after the first booking.
            _ = await writer.got(try clinic.create(practitioner(1), Self.eleven, key: "warm"))
            clinic.pages.show(taken: try instant(Self.ten))
            let wrong = await writer.got(try clinic.create(practitioner(1), Self.ten, key: "free"))
            #expect(wrong.isSuccess, "the pages are wrong and the slot is free")

            // Somebody holds the head row; who only learns that the slot is taken does not wait for it.
            let other = PGSession(url: clinic.database.url, label: "holder")
            _ = try await other.query(.begin)
            _ = try await other.query(SQLStatement(name: "hold", text: "SELECT FROM calendars FOR UPDATE"))
            let loser = await writer.got(try clinic.create(practitioner(1), Self.ten, key: "taken"))
            #expect(loser.line?.hasPrefix("409 slot-taken") == true)
            await other.close()
            try await clinic.expectSound()
        }
    }

    @Test func whatAnotherRoleCannotSayIsNotGuessed() async throws {
        try await Clinic.with("patients") { clinic in
            try await clinic.open(practitioner(1))
            let writer = clinic.writers[0]
            clinic.patients.setDown(true)
            let request = try clinic.create(practitioner(1), Self.ten, key: "a")
            #expect(await writer.got(request) == .failure(.unavailable(dependency: "patient")))
            clinic.patients.setDown(false)
            clinic.patients.forget(patient(1))
            #expect(await writer.got(request) == .answer("404 unknown-patient"))
            #expect(await writer.got(request) == .replay("404 unknown-patient"))
        }
    }

    @Test func aChangedCalendarIsSeenByACacheThatHasTheOldOne() async throws {
        try await Clinic.with("cache", writers: 2) { clinic in
            try await clinic.open(practitioner(1))
            for (index, writer) in clinic.writers.enumerated() {
                _ = await writer.got(
                    try clinic.create(practitioner(1), "2026-11-23T0\(8 + index):00:00+01:00", key: "warm-\(index)"))
            }
            try await clinic.apply(
                try exceptionAdded(practitioner(1), try exception(.closed, "2026-11-23", "2026-11-24")))
            for (index, writer) in clinic.writers.enumerated() {
                #expect(
                    await writer.got(try clinic.create(practitioner(1), Self.ten, key: "late-\(index)"))
                        == .answer("422 slot-not-bookable closed"))
            }
        }
    }
}
