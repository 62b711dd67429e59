package import Domain

/// What the booking routes need; the composition root joins it to the booking commands and queries.
package protocol BookingService: Sendable {
    /// Books a visit.
    func create(
        _ command: CreateBooking, _ change: Change<BookingOutcome>, _ context: RequestContext
    ) async -> ChangeResult
    /// Cancels a booking; cancelling again changes nothing and succeeds.
    func cancel(
        _ command: CancelBooking, _ change: Change<BookingOutcome>, _ context: RequestContext
    ) async -> ChangeResult
    /// Moves a booking; moving it to where it is changes nothing and succeeds.
    func reschedule(
        _ command: RescheduleBooking, _ change: Change<BookingOutcome>, _ context: RequestContext
    ) async -> ChangeResult
    /// One booking of the country, whoever asks: the route applies `BookingAccess`.
    func booking(_ id: BookingID, _ context: RequestContext) async -> Reading<BookingDocument>
    /// A patient's bookings, latest `slotStart` first; not found when there is no such patient.
    func bookings(
        ofPatient id: PatientID, _ filter: BookingFilter, _ page: PageRequest, _ context: RequestContext
    ) async -> Reading<Page<BookingDocument>>
    /// A practitioner's bookings in time order; not found when booking does not know the practitioner.
    func bookings(
        ofPractitioner id: PractitionerID, _ filter: BookingFilter, _ page: PageRequest, _ context: RequestContext
    ) async -> Reading<Page<BookingDocument>>
}

/// Which bookings a caller may see and change.
///
/// The service decides by it inside the transaction, where the
/// booking is locked, and answers `.refused(.unknownBooking)` or `.refused(.unknownPatient)` where it does not admit.
package enum BookingAccess: Sendable, Hashable {
    case all
    /// A patient: the bookings for it, whoever made them.
    case patient(PatientID)
    /// A practitioner: the bookings that take place with it.
    case practitioner(PractitionerID)
    /// A partner: the bookings that were made with its token.
    case madeBy(subject: String)

    /// Whether a booking with these facts may be seen and changed.
    package func admits(patientID: PatientID, practitionerID: PractitionerID, madeBy: String) -> Bool {
        switch self {
        case .all: true
        case .patient(let own): own == patientID
        case .practitioner(let own): own == practitionerID
        case .madeBy(let subject): subject == madeBy
        }
    }

    /// Whether a booking may be made for this patient.
    package func admits(booking patientID: PatientID) -> Bool {
        if case .patient(let own) = self { return own == patientID }
        return true
    }
}

/// `POST /bookings`.
package struct CreateBooking: Sendable, Hashable {
    package let practitionerID: PractitionerID
    package let patientID: PatientID
    package let slotStart: ParsedTime
    /// `standard` when the caller named none.
    package let consultationType: String
    /// A patient books only for itself: the service refuses with `.unknownPatient` what this does not admit.
    package let access: BookingAccess
}

/// `POST /bookings/{id}/cancel`.
package struct CancelBooking: Sendable, Hashable {
    package let bookingID: BookingID
    package let reason: CancellationReason
    package let access: BookingAccess
}

/// `POST /bookings/{id}/reschedule`.
package struct RescheduleBooking: Sendable, Hashable {
    package let bookingID: BookingID
    package let slotStart: ParsedTime
    /// Nil: with the same practitioner.
    package let practitionerID: PractitionerID?
    package let access: BookingAccess
}

/// Which bookings of a list are wanted; all where nothing is said.
package struct BookingFilter: Sendable, Hashable {
    package let status: BookingDocument.Status?
    /// Bookings that start at or after it.
    package let from: TimeBound?
    /// Bookings that start before it.
    package let to: TimeBound?
}

/// How a booking command was decided.
package enum BookingOutcome: Sendable {
    case created(BookingDocument)
    /// Changed, or found to be as it was asked for already.
    case done(BookingDocument)
    case refused(RefusedBooking)
}

/// Why a booking command was refused; each is stored as the answer to its key.
package enum RefusedBooking: Sendable, Hashable {
    /// Somebody has a slot of it; up to three free times of the same length, nearest first.
    case slotTaken(alternatives: [SlotTimes])
    case slotNotBookable(BookingRefusalReason)
    case unknownConsultationType
    case unknownPractitioner
    case unknownPatient
    case practitionerInactive
    case bookingCancelled
    /// There is no such booking, or it is not the caller's.
    case unknownBooking
}

/// A booking as callers see it.
package struct BookingDocument: Sendable, Hashable {
    /// Whether the visit will take place.
    package enum Status: String, Sendable, CaseIterable {
        case confirmed
        case cancelled
    }

    package let id: BookingID
    package let status: Status
    /// At least 1; the ETag.
    package let version: Int64
    package let practitionerID: PractitionerID
    package let patientID: PatientID
    package let consultationType: String
    package let slot: SlotTimes
    /// IANA name of the practice's zone.
    package let timeZone: String
    package let createdAt: ZonedTime
    package let updatedAt: ZonedTime
    /// Subject of the token that made the booking; decides what a partner sees and is never shown.
    package let madeBy: String

    /// A booking of its parts, all times in the practice's zone.
    package init(
        id: BookingID, status: Status, version: Int64, practitionerID: PractitionerID, patientID: PatientID,
        consultationType: String, slot: SlotTimes, timeZone: String, createdAt: ZonedTime, updatedAt: ZonedTime,
        madeBy: String
    ) {
        self.id = id
        self.status = status
        self.version = version
        self.practitionerID = practitionerID
        self.patientID = patientID
        self.consultationType = consultationType
        self.slot = slot
        self.timeZone = timeZone
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.madeBy = madeBy
    }
}
