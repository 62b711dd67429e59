package import Domain

/// What the practitioner role asks of booking, which keeps the calendars: in this process, or over HTTP.
package protocol CalendarPort: Sendable {
    /// Brings a practitioner's calendar at least to `version`; does nothing if it is there already.
    ///
    /// - Parameters:
    ///   - changes: The last one or more up to `version`, consecutive; booking asks for those that it lacks before them
    ///     (`PractitionerStream.changes`).
    ///   - practitioner: Whose calendar.
    ///   - country: Where.
    ///   - version: The version of the last of `changes`.
    /// - Throws: Any error when booking cannot be reached or cannot apply them; the change is kept all the same.
    func apply(
        _ changes: [PractitionerChange], of practitioner: PractitionerID, in country: CountryCode, upTo version: Int64
    ) async throws

    /// The bookings that a change displaced, as booking has stored it, in time order.
    ///
    /// - Throws: Any error when booking cannot be reached.
    func displaced(by cause: EventID, in country: CountryCode) async throws -> [DisplacedBooking]
}

/// A booking that lost its opening; it stays confirmed until somebody moves or cancels it.
package struct DisplacedBooking: Hashable, Sendable {
    /// The booking.
    package var bookingID: BookingID
    /// Whose visit it is.
    package var patientID: PatientID
    /// When the visit begins.
    package var slotStart: Instant
    /// Elapsed time: slots x slot length after `slotStart`.
    package var slotEnd: Instant

    /// Takes what booking says of it.
    package init(bookingID: BookingID, patientID: PatientID, slotStart: Instant, slotEnd: Instant) {
        self.bookingID = bookingID
        self.patientID = patientID
        self.slotStart = slotStart
        self.slotEnd = slotEnd
    }
}
