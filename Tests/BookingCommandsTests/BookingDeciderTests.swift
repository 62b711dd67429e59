import Domain
import Testing

@testable import BookingCommands

/// What a command comes to, case by case; the order of refusals is that of CONTRACT section 2.
@Suite struct BookingDeciderTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var start = "2026-11-23T10:00:00+01:00"
        var type = "standard"
        var now = Clinic.morning
        var horizon = 90
        var notice = 0
        var patientExists = true
        var access = BookingAccess.everyone
        var knowsPractitioner = true
        var isActive = true
        var isClosed = false
        var takenSlots: [Int] = []
        let then: String
    }

    /// The grid of the practice is 08:00 to 20:00, open until 12:00 and from 14:00 to 18:00; slot 4 is 10:00.
    static let creations: [Case] = [
        Case(testDescription: "a free slot is booked", then: "created slots 4 2026-11-23"),
        Case(testDescription: "a visit of two slots", type: "long", then: "created slots 4 5 2026-11-23"),
        Case(
            testDescription: "another offset of the same instant", start: "2026-11-23T09:00:00Z",
            then: "created slots 4 2026-11-23"),
        Case(
            testDescription: "unknown practitioner, before all else", start: "2020-01-01T00:00:01Z",
            patientExists: false, knowsPractitioner: false, then: "unknown-practitioner"),
        Case(
            testDescription: "unknown patient, before the slot is looked at", start: "2020-01-01T00:00:01Z",
            patientExists: false, then: "unknown-patient"),
        Case(
            testDescription: "a patient books for another", access: .patient(patient(2)), then: "unknown-patient"),
        Case(
            testDescription: "a patient books for itself", access: .patient(patient(1)),
            then: "created slots 4 2026-11-23"),
        Case(
            testDescription: "inactive practitioner, before the type", type: "none", isActive: false,
            then: "practitioner-inactive"),
        Case(
            testDescription: "unknown type, before the start", start: "2020-01-01T00:00:01Z", type: "none",
            then: "unknown-consultation-type"),
        Case(
            testDescription: "a time that the clock skips, before the past", start: "2026-03-29T02:30:00+01:00",
            then: "nonexistent-local-time"),
        Case(testDescription: "the past, before the grid", start: "2026-11-20T08:59:59+01:00", then: "in-the-past"),
        Case(
            testDescription: "now is not the past", start: "2026-11-20T09:00:00+01:00",
            then: "created slots 2 2026-11-20"),
        Case(
            testDescription: "within the notice, before the grid", start: "2026-11-20T09:59:01+01:00", notice: 60,
            then: "too-soon"),
        Case(
            testDescription: "at the end of the notice", start: "2026-11-20T10:00:00+01:00", notice: 60,
            then: "created slots 4 2026-11-20"),
        Case(
            testDescription: "behind the horizon, before the grid", start: "2026-11-24T10:00:01+01:00", horizon: 3,
            then: "beyond-horizon"),
        Case(testDescription: "the last day of the horizon", horizon: 3, then: "created slots 4 2026-11-23"),
        Case(
            testDescription: "off the grid, before the schedule", start: "2026-11-23T13:10:00+01:00", then: "off-grid"),
        Case(testDescription: "behind the 24 slots", start: "2026-11-23T20:00:00+01:00", then: "outside-schedule"),
        Case(testDescription: "between the sessions", start: "2026-11-23T13:00:00+01:00", then: "outside-schedule"),
        Case(
            testDescription: "closed, before the length", start: "2026-11-23T11:30:00+01:00", type: "long",
            isClosed: true, then: "closed"),
        Case(
            testDescription: "does not fit before noon", start: "2026-11-23T11:30:00+01:00", type: "long",
            then: "does-not-fit"),
        Case(
            testDescription: "does not fit, before being taken", start: "2026-11-23T11:30:00+01:00", type: "long",
            takenSlots: [7], then: "does-not-fit"),
        Case(testDescription: "taken", takenSlots: [4], then: "taken 2026-11-23T09:00:00Z"),
        Case(
            testDescription: "the second slot is taken", type: "long", takenSlots: [5],
            then: "taken 2026-11-23T09:00:00Z"),
        Case(testDescription: "neighbours are taken", takenSlots: [3, 5], then: "created slots 4 2026-11-23"),
    ]

    @Test(arguments: creations)
    func creates(_ example: Case) throws {
        let command = BookingCommand.Create(
            bookingID: BookingID(high: 1, low: 1), practitionerID: practitioner(1), patientID: patient(1),
            slotStart: try ParsedTime(example.start), consultationType: example.type)
        let decision = BookingDecider.create(command, example.access, try facts(example))
        #expect(describe(decision) == example.then)
    }

    struct Move: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var example: Case
        var target: PractitionerID?
        var status = Booking.Status.confirmed
        var type = "standard"
        let then: String
    }

    /// The booking that is moved is at 10:00 on Monday with practitioner 1; its slots are not in `takenSlots`, as
    /// its own never are.
    static let reschedulings: [Move] = [
        Move(
            testDescription: "to a free slot",
            example: Case(testDescription: "", start: "2026-11-23T11:00:00+01:00", then: ""),
            then: "moved slots 4 to 6 2026-11-23"),
        Move(testDescription: "to where it is", example: Case(testDescription: "", then: ""), then: "unchanged"),
        Move(
            testDescription: "to where it is, named", example: Case(testDescription: "", then: ""),
            target: practitioner(1), then: "unchanged"),
        Move(
            testDescription: "to where it is, though it is closed by now",
            example: Case(testDescription: "", isClosed: true, then: ""), then: "unchanged"),
        Move(
            testDescription: "same time, other practitioner", example: Case(testDescription: "", then: ""),
            target: practitioner(2), then: "moved slots 4 to 4 2026-11-23"),
        Move(
            testDescription: "own slots do not block",
            example: Case(testDescription: "", start: "2026-11-23T10:30:00+01:00", then: ""), type: "long",
            then: "moved slots 4 to 5 6 2026-11-23"),
        Move(
            testDescription: "to a taken slot",
            example: Case(testDescription: "", start: "2026-11-23T11:00:00+01:00", takenSlots: [6], then: ""),
            then: "taken 2026-11-23T10:00:00Z"),
        Move(
            testDescription: "a cancelled booking, before everything",
            example: Case(testDescription: "", knowsPractitioner: false, then: ""), status: .cancelled,
            then: "booking-cancelled"),
        Move(
            testDescription: "to an unknown practitioner",
            example: Case(testDescription: "", knowsPractitioner: false, then: ""), target: practitioner(3),
            then: "unknown-practitioner"),
        Move(
            testDescription: "to an inactive practitioner",
            example: Case(testDescription: "", isActive: false, then: ""), target: practitioner(2),
            then: "practitioner-inactive"),
        Move(
            testDescription: "the other practitioner has no such visit", example: Case(testDescription: "", then: ""),
            target: practitioner(2), type: "none", then: "unknown-consultation-type"),
        Move(
            testDescription: "into the past",
            example: Case(testDescription: "", start: "2026-11-20T08:00:00+01:00", then: ""), then: "in-the-past"),
    ]

    @Test(arguments: reschedulings)
    func moves(_ move: Move) throws {
        let command = BookingCommand.Reschedule(
            bookingID: BookingID(high: 1, low: 1), slotStart: try ParsedTime(move.example.start),
            practitionerID: move.target)
        var booking = try booking(type: move.type)
        booking.status = move.status
        let decision = BookingDecider.reschedule(
            command, booking, try facts(move.example, of: move.target ?? practitioner(1)))
        #expect(describe(decision) == move.then)
    }

    @Test func cancelsOnce() throws {
        var booking = try booking(type: "standard")
        let command = BookingCommand.Cancel(bookingID: booking.id, reason: .other)
        #expect(describe(BookingDecider.cancel(command, by: .patient, booking)) == "cancelled by patient")
        booking.status = .cancelled
        #expect(describe(BookingDecider.cancel(command, by: .patient, booking)) == "unchanged")
    }

    private func booking(type: String) throws -> Booking {
        Booking(
            id: BookingID(high: 1, low: 1), country: try country().code, status: .confirmed, version: 3,
            patientID: patient(1), consultationType: type,
            place: Booking.Place(
                practitionerID: practitioner(1), slotStart: try instant("2026-11-23T10:00:00+01:00"),
                slotEnd: try instant("2026-11-23T10:30:00+01:00"), localDate: try date("2026-11-23"),
                slots: SlotMask(first: 4, count: 1), timeZone: "Europe/Paris"),
            madeBy: Booking.Maker(role: "staff", subject: "staff-1"), createdAt: try instant(Clinic.morning),
            updatedAt: try instant(Clinic.morning))
    }

    private func facts(_ example: Case, of id: PractitionerID = practitioner(1)) throws -> BookingDecider.Facts {
        let calendar = PractitionerCalendar(
            practitionerID: id, country: try country().code,
            grid: try zones.grid(zone: "Europe/Paris", dayStart: .eight, slotMinutes: 30),
            schedules: [try week(["08:00-12:00", "14:00-18:00"])],
            exceptions: example.isClosed ? [try exception(.closed, "2026-11-23", "2026-11-24")] : [],
            consultationTypes: try visitTypes(), isActive: example.isActive, version: 1)
        return BookingDecider.Facts(
            country: try country(horizon: example.horizon, notice: example.notice), now: try instant(example.now),
            patientExists: example.patientExists, calendar: example.knowsPractitioner ? calendar : nil,
            isTaken: { placement in example.takenSlots.contains(where: placement.slots.contains) })
    }

    private func describe(_ decision: BookingDecider.Decision) -> String {
        func slots(_ mask: SlotMask) -> String { mask.indices.map(String.init).joined(separator: " ") }
        return switch decision {
        case .append(.created(let event), _): "created slots \(slots(event.slots)) \(event.localDate)"
        case .append(.rescheduled(let event), _):
            "moved slots \(slots(event.from.slots)) to \(slots(event.to.slots)) \(event.to.localDate)"
        case .append(.cancelled(let event), _): "cancelled by \(event.cancelledBy.rawValue)"
        case .append(.displaced, _): "displaced"
        case .unchanged: "unchanged"
        case .refused(.slotNotBookable(let reason)): reason.rawValue
        case .refused(let refusal): refusal.problemName
        case .taken(let placement): "taken \(placement.start)"
        case .notFound: "not-found"
        case .versionMismatch(let current): "version \(current)"
        }
    }
}
