package import Domain
package import EventStore
package import Observability

/// What a caller wants done to a booking.
package enum BookingCommand: Sendable {
    case create(Create)
    case cancel(Cancel)
    case reschedule(Reschedule)

    package struct Create: Sendable {
        package var bookingID: BookingID
        package var practitionerID: PractitionerID
        package var patientID: PatientID
        package var slotStart: ParsedTime
        package var consultationType: String

        package init(
            bookingID: BookingID, practitionerID: PractitionerID, patientID: PatientID, slotStart: ParsedTime,
            consultationType: String
        ) {
            self.bookingID = bookingID
            self.practitionerID = practitionerID
            self.patientID = patientID
            self.slotStart = slotStart
            self.consultationType = consultationType
        }
    }

    package struct Cancel: Sendable {
        package var bookingID: BookingID
        package var reason: CancellationReason

        package init(bookingID: BookingID, reason: CancellationReason) {
            self.bookingID = bookingID
            self.reason = reason
        }
    }

    package struct Reschedule: Sendable {
        package var bookingID: BookingID
        package var slotStart: ParsedTime
        /// Nil: the practitioner stays.
        package var practitionerID: PractitionerID?

        package init(bookingID: BookingID, slotStart: ParsedTime, practitionerID: PractitionerID?) {
            self.bookingID = bookingID
            self.slotStart = slotStart
            self.practitionerID = practitionerID
        }
    }

    /// The booking that exists already, for a command on one; nil for a creation.
    var existingBooking: BookingID? {
        switch self {
        case .create: nil
        case .cancel(let cancel): cancel.bookingID
        case .reschedule(let reschedule): reschedule.bookingID
        }
    }
}

/// Which bookings a caller may see; any other is answered as if it were not there.
package enum BookingAccess: Hashable, Sendable {
    case everyone
    case patient(PatientID)
    case practitioner(PractitionerID)
    /// Only what this subject made.
    case maker(subject: String)

    /// Whether `booking` is this caller's to see.
    package func permits(_ booking: Booking) -> Bool {
        switch self {
        case .everyone: true
        case .patient(let id): booking.patientID == id
        case .practitioner(let id): booking.place.practitionerID == id
        case .maker(let subject): booking.madeBy.subject == subject
        }
    }

    /// Whether this caller may book for `patient`.
    func permits(bookingFor patient: PatientID) -> Bool {
        if case .patient(let id) = self { id == patient } else { true }
    }
}

/// Who asks, as the token says.
package struct BookingActor: Hashable, Sendable {
    package var role: Role
    package var subject: String

    package init(role: Role, subject: String) {
        self.role = role
        self.subject = subject
    }
}

/// A command with everything that its transaction stores beside it.
package struct BookingRequest: Sendable {
    package var command: BookingCommand
    package var country: Country
    package var access: BookingAccess
    package var actor: BookingActor
    package var trace: Trace
    package var idempotency: IdempotencyKey
    /// The versions that `If-Match` names; nil: any.
    package var acceptedVersions: [Int64]?
    /// Turns the outcome into the answer that is stored with the events and sent.
    package var render: @Sendable (BookingOutcome) -> StoredAnswer

    package init(
        command: BookingCommand, country: Country, access: BookingAccess, actor: BookingActor, trace: Trace,
        idempotency: IdempotencyKey, acceptedVersions: [Int64]?,
        render: @escaping @Sendable (BookingOutcome) -> StoredAnswer
    ) {
        self.command = command
        self.country = country
        self.access = access
        self.actor = actor
        self.trace = trace
        self.idempotency = idempotency
        self.acceptedVersions = acceptedVersions
        self.render = render
    }
}

/// What became of a command; either way the answer to it is stored under its key.
package enum BookingOutcome: Sendable {
    case created(Booking)
    /// Cancelled, moved, or already as asked.
    case changed(Booking)
    /// For every reason but a taken slot.
    case refused(BookingRefusal)
    /// Somebody has a slot of it; free starts of the same length nearby, in the practice's zone.
    case taken(alternatives: [FreeStart], timeZone: String)
    /// There is no such booking in this country, or it is not this caller's.
    case notFound
}

/// The answer to send, and whether it is a stored one.
package struct BookingAnswer: Sendable {
    package var answer: StoredAnswer
    package var isReplay: Bool
}

/// Why there is no answer to store: the key stays free.
package enum BookingFailure: Error, Hashable, Sendable {
    /// The key is bound to another request.
    case keyReused
    /// The booking is not at the version that was asked for.
    case versionMismatch(current: Int64)
    /// A dependency without which nothing can be decided; `dependency` is its name, such as `postgresql`.
    case unavailable(dependency: String)
    /// Too many commands wait already.
    case overloaded
}
