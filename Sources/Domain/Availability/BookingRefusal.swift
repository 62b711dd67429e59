/// Why a start cannot be booked; the first that holds, in this order, is what a caller is told.
package enum BookingRefusalReason: String, Error, CaseIterable, Hashable, Sendable {
    /// A reading of the practice's wall that its clock skips.
    case nonexistentLocalTime = "nonexistent-local-time"
    /// Before now.
    case inThePast = "in-the-past"
    /// Nearer than the country's minimum notice.
    case tooSoon = "too-soon"
    /// On a grid day later than today, on the practice's wall, plus the country's horizon.
    case beyondHorizon = "beyond-horizon"
    /// Not on a line of the practice's grid.
    case offGrid = "off-grid"
    /// On a line, but not one of the 24 slots, or one that no session opens.
    case outsideSchedule = "outside-schedule"
    /// A slot that would be open but for a closure.
    case closed
    /// The start is open, but a later slot of the visit is not, or lies behind the 24.
    case doesNotFit = "does-not-fit"
}

/// What a booking command can be refused for, each with the name of its problem in the API.
package enum BookingRefusal: Error, Hashable, Sendable {
    case unknownPractitioner
    case unknownPatient
    case practitionerInactive
    case unknownConsultationType
    case slotNotBookable(BookingRefusalReason)
    /// Somebody has one of the slots; up to three others, nearest in time first.
    case slotTaken(alternatives: [FreeStart])
    /// A cancelled booking cannot be moved.
    case bookingCancelled

    /// The last part of `urn:appointments:problem:…`.
    package var problemName: String {
        switch self {
        case .unknownPractitioner: "unknown-practitioner"
        case .unknownPatient: "unknown-patient"
        case .practitionerInactive: "practitioner-inactive"
        case .unknownConsultationType: "unknown-consultation-type"
        case .slotNotBookable: "slot-not-bookable"
        case .slotTaken: "slot-taken"
        case .bookingCancelled: "booking-cancelled"
        }
    }
}
