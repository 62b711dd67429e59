import BookingCommands
import Domain
import Observability
import PractitionerCommands

/// What other roles ask of booking: calendars to apply, what they displaced, and days that have no bitmap.
protocol BookingNeighbour: CalendarPort {
    /// Open and not booked slots; nil where booking knows no such practitioner.
    func days(
        of practitioner: PractitionerID, in country: CountryCode, from first: LocalDate, count: Int
    ) async throws -> ColdAvailability.Days?
}

/// Booking in this process: a direct call.
struct LocalBooking: BookingNeighbour {
    let applier: CalendarApplier
    let queries: BookingQueries
    let cold: ColdAvailability

    func apply(
        _ changes: [PractitionerChange], of practitioner: PractitionerID, in country: CountryCode, upTo _: Int64
    ) async throws {
        let key = CalendarKey(country: country, practitionerID: practitioner)
        try await applier.apply(changes, to: key, trace: Trace.current ?? .internalWork)
    }

    func displaced(by cause: EventID, in country: CountryCode) async throws -> [DisplacedBooking] {
        try await queries.displaced(by: cause, in: country).map { booking in
            DisplacedBooking(
                bookingID: booking.id, patientID: booking.patientID, slotStart: booking.place.slotStart,
                slotEnd: booking.place.slotEnd)
        }
    }

    func days(
        of practitioner: PractitionerID, in country: CountryCode, from first: LocalDate, count: Int
    ) async throws -> ColdAvailability.Days? {
        try await cold.days(of: practitioner, in: country, from: first, count: count)
    }
}

/// Booking in another process.
struct RemoteBooking: BookingNeighbour {
    let role: RemoteRole

    func apply(
        _ changes: [PractitionerChange], of practitioner: PractitionerID, in country: CountryCode, upTo _: Int64
    ) async throws {
        let path = "/internal/booking/\(country)/calendars/\(practitioner)"
        guard try await role.call("POST", path, body: WireFormat.encode(changes)) != nil else {
            throw RemoteRole.Unavailable(role: role.role)
        }
    }

    func displaced(by cause: EventID, in country: CountryCode) async throws -> [DisplacedBooking] {
        guard let body = try await role.call("GET", "/internal/booking/\(country)/displaced/\(cause)") else {
            throw RemoteRole.Unavailable(role: role.role)
        }
        return try WireFormat.displaced(body)
    }

    func days(
        of practitioner: PractitionerID, in country: CountryCode, from first: LocalDate, count: Int
    ) async throws -> ColdAvailability.Days? {
        let path = "/internal/booking/\(country)/days/\(practitioner)/\(first)/\(count)"
        return try await role.call("GET", path).map(WireFormat.days)
    }
}

extension Trace {
    /// Work that no request brought about.
    static let internalWork = Trace(correlationID: "internal", traceparent: nil)
}
