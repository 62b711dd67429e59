import Domain
import TestSupport
import Testing

@testable import BookingCommands

/// A calendar that waits for an event that cannot be read: booking does not know what is open there.
@Suite("G10 nobody books by a calendar that waits") struct WaitingCalendarTests {
    @Test("bookings and moves to there fail and keep their key, cancellations and the neighbour go on")
    func waits() async throws {
        try await Clinic.with("waiting_calendar") { clinic in
            let (sick, well) = (practitioner(1), practitioner(2))
            try await clinic.open(sick)
            try await clinic.open(well)
            let writer = clinic.writers[0]
            let (ten, eleven) = (BookingWriterTests.ten, BookingWriterTests.eleven)
            let before = try clinic.create(sick, ten, key: "before")
            #expect(await writer.got(before) == .answer("201 confirmed v1 2026-11-23T09:00:00Z"))
            let elsewhere = try clinic.create(well, ten, key: "elsewhere")
            #expect(await writer.got(elsewhere) == .answer("201 confirmed v1 2026-11-23T09:00:00Z"))

            try await clinic.calendars.set([clinic.key(sick)], waits: true)
            let unavailable = Got.failure(.unavailable(dependency: "calendars"))
            let asked = try clinic.create(sick, eleven, key: "asked")
            #expect(await writer.got(asked) == unavailable)
            #expect(
                await writer.got(try clinic.move(elsewhere.bookingID, to: eleven, of: sick, key: "there"))
                    == unavailable)
            #expect(await writer.got(try clinic.move(before.bookingID, to: eleven, key: "within")) == unavailable)
            #expect(
                await writer.got(try clinic.create(well, eleven, key: "well"))
                    == .answer("201 confirmed v1 2026-11-23T10:00:00Z"))
            #expect(
                await writer.got(clinic.cancel(before.bookingID, key: "off"))
                    == .answer("200 cancelled v2 2026-11-23T09:00:00Z"))
            let days = try await clinic.cold.days(
                of: sick, in: clinic.country.code, from: try date("2026-11-23"), count: 1)
            #expect(days == nil, "unknown, not closed and not open")

            // A change that is applied meanwhile, as a repeated baseline does, does not let it go.
            try await clinic.apply(try scheduleSet(sick, try week(["08:00-20:00"])))
            #expect(await writer.got(try clinic.create(sick, eleven, key: "still")) == unavailable)

            try await clinic.calendars.set([clinic.key(sick)], waits: false)
            #expect(await writer.got(asked) == .answer("201 confirmed v1 2026-11-23T10:00:00Z"))
            try await clinic.expectSound()
        }
    }
}
