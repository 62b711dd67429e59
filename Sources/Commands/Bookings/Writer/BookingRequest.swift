package import Domain
package import EventStore
package import Observability

/// What a caller wants done to a booking.
package enum BookingCommand: Sendable {
    /// Books a visit under a new id.
    case create(Create)
    /// Gives a visit up.
    case cancel(Cancel)
    /// Moves a visit, maybe to another practitioner.
    case reschedule(Reschedule)

    /// A visit that a caller wants.
    package struct Create: Sendable {
        /// The id that the booking gets, drawn by the caller of the writer.
        package var bookingID: BookingID
        /// Whose time is wanted.
        package var practitionerID: PractitionerID
        /// Who comes.
        package var patientID: PatientID
        /// When, as it was written: the offset counts in a gap of the practice's clock.
        package var slotStart: ParsedTime
        /// The code of the kind of visit.
        package var consultationType: String

        /// Takes what was asked for, unchecked.
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

    /// A visit that a caller gives up.
    package struct Cancel: Sendable {
        /// The booking.
        package var bookingID: BookingID
        /// Why, as the caller chose.
        package var reason: CancellationReason

        /// Names the booking and the reason.
        package init(bookingID: BookingID, reason: CancellationReason) {
            self.bookingID = bookingID
            self.reason = reason
        }
    }

    /// A visit that a caller moves.
    package struct Reschedule: Sendable {
        /// The booking.
        package var bookingID: BookingID
        /// When the visit shall begin.
        package var slotStart: ParsedTime
        /// Nil: the practitioner stays.
        package var practitionerID: PractitionerID?

        /// Names the booking and where it shall go.
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
    /// All of the country: staff.
    case everyone
    /// Only this patient's.
    case patient(PatientID)
    /// Only those with this practitioner.
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
    /// What the caller is.
    package var role: Role
    /// The token's `sub`.
    package var subject: String

    /// Takes two claims of a token.
    package init(role: Role, subject: String) {
        self.role = role
        self.subject = subject
    }
}

/// A command with everything that its transaction stores beside it.
package struct BookingRequest: Sendable {
    /// What is wanted.
    package var command: BookingCommand
    /// Where, with the rules that count there.
    package var country: Country
    /// Which bookings the caller may touch.
    package var access: BookingAccess
    /// Who asks.
    package var actor: BookingActor
    /// The request that it came with.
    package var trace: Trace
    /// The key under which the answer is kept.
    package var idempotency: IdempotencyKey
    /// The versions that `If-Match` names; nil: any.
    package var acceptedVersions: [Int64]?
    /// Turns the outcome into the answer that is stored with the events and sent.
    package var render: @Sendable (BookingOutcome) -> StoredAnswer

    /// Joins a command with what the edge knows of its caller.
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
    /// Booked; version 1.
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
    /// As it is stored, byte by byte.
    package var answer: StoredAnswer
    /// An earlier request with the key got it first.
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
