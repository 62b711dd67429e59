import BookingCommands
import Domain
import PractitionerCommands
import TestSupport
import Testing

@testable import appointments

/// What roles write to each other must come out as it went in, or two processes would decide from different things.
@Suite("WireFormat")
struct WireFormatTests {
    private let ids = SeededIdentifiers(seed: 7)

    @Test("changes of practitioners")
    func carriesChanges() throws {
        let practitioner = PractitionerID(from: ids)
        let country = try #require(CountryCode("fr"))
        let session = Session(start: .eight, end: try #require(LocalTime("12:30")))
        let monday = DaySessions(day: .monday, sessions: [session])
        let week = WeeklySchedule(validFrom: LocalDate(days: 20_000), days: [monday])
        let exception = ScheduleException(
            id: ExceptionID(from: ids), from: LocalDate(days: 20_001), to: LocalDate(days: 20_003), kind: .closed,
            sessions: [session])
        let changes = [
            PractitionerChange(
                version: 2, id: EventID(from: ids),
                event: .scheduleSet(
                    ScheduleSet(practitionerID: practitioner, country: country, schedule: week, zoneRules: "2026f"))),
            PractitionerChange(
                version: 3, id: EventID(from: ids),
                event: .exceptionAdded(
                    ExceptionAdded(practitionerID: practitioner, country: country, exception: exception))),
            PractitionerChange(
                version: 4, id: EventID(from: ids),
                event: .deactivated(PractitionerDeactivated(practitionerID: practitioner, country: country))),
        ]
        #expect(try WireFormat.changes(WireFormat.encode(changes)) == changes)
    }

    @Test("displaced bookings, patients and cold days")
    func carriesTheRest() throws {
        let displaced = [
            DisplacedBooking(
                bookingID: BookingID(from: ids), patientID: PatientID(from: ids), slotStart: Instant(microseconds: 1),
                slotEnd: Instant(microseconds: 2))
        ]
        #expect(try WireFormat.displaced(WireFormat.encode(displaced)) == displaced)
        let patients = [PatientID(from: ids), PatientID(from: ids)]
        #expect(try WireFormat.patients(WireFormat.encode(patients)) == patients)
        let days = ColdAvailability.Days(calendarVersion: 9, free: [.all, .empty, SlotMask(first: 3, count: 2)])
        #expect(try WireFormat.days(WireFormat.encode(days)) == days)
    }

    @Test("what is not ours is refused", arguments: ["", "null", "{}", "[1]", #"[{"version":"2"}]"#, "[[]]"])
    func refuses(_ text: String) {
        let bytes = Array(text.utf8)
        #expect(throws: (any Error).self) { try WireFormat.changes(bytes) }
        #expect(throws: (any Error).self) { try WireFormat.displaced(bytes) }
        #expect(throws: (any Error).self) { try WireFormat.days(bytes) }
    }
}
