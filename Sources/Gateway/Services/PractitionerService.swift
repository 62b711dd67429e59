package import Domain

/// What the practitioner, schedule and exception routes need; the composition root joins it to the commands.
package protocol PractitionerService: Sendable {
    /// Registers a practitioner and makes it bookable.
    func register(
        _ command: RegisterPractitioner, _ change: Change<PractitionerOutcome>, _ context: RequestContext
    ) async -> ChangeResult
    /// Changes the profile. The same content with the version before it succeeds and changes nothing.
    func update(
        _ id: PractitionerID, _ patch: PractitionerPatch, _ change: Change<PractitionerOutcome>,
        _ context: RequestContext
    ) async -> ChangeResult
    /// Activates or deactivates; what is so already succeeds and changes nothing.
    func setActive(
        _ id: PractitionerID, _ active: Bool, _ change: Change<PractitionerOutcome>, _ context: RequestContext
    ) async -> ChangeResult
    /// Replaces the schedule. The same content with the version before it succeeds and changes nothing.
    func setSchedule(
        _ id: PractitionerID, _ command: SetSchedule, _ change: Change<PractitionerOutcome>, _ context: RequestContext
    ) async -> ChangeResult
    /// Adds a closure or an extra opening.
    func addException(
        _ id: PractitionerID, _ command: AddException, _ change: Change<PractitionerOutcome>, _ context: RequestContext
    ) async -> ChangeResult
    /// Removes a closure or an extra opening.
    func removeException(
        _ id: PractitionerID, _ exception: ExceptionID, _ change: Change<PractitionerOutcome>,
        _ context: RequestContext
    ) async -> ChangeResult
    /// One practitioner, also a deactivated one.
    func practitioner(_ id: PractitionerID, _ context: RequestContext) async -> Reading<PractitionerDocument>
    /// Active practitioners.
    func practitioners(
        _ filter: PractitionerFilter, _ page: PageRequest, _ context: RequestContext
    ) async -> Reading<Page<PractitionerDocument>>
    /// The schedule; a new practitioner has an empty one of version 0.
    func schedule(_ id: PractitionerID, _ context: RequestContext) async -> Reading<ScheduleDocument>
    /// Closures and extra openings, by start date.
    func exceptions(
        _ id: PractitionerID, _ page: PageRequest, _ context: RequestContext
    ) async -> Reading<Page<ExceptionDocument>>
}

/// `POST /practitioners`; nil means that the caller named nothing and the country's or system's default holds.
package struct RegisterPractitioner: Sendable, Hashable {
    package let displayName: String
    package let specialty: String
    package let languages: [String]
    package let location: Location
    package let timeZone: String?
    package let dayStart: LocalTime?
    /// 5...60.
    package let slotMinutes: Int?
    package let consultationTypes: [ConsultationType]
    package let acceptsNewPatients: Bool
}

/// `PATCH /practitioners/{id}`: what is nil stays as it is.
package struct PractitionerPatch: Sendable, Hashable {
    package var displayName: String?
    package var specialty: String?
    package var languages: [String]?
    package var location = LocationPatch()
    /// Removing the member puts the default back: `standard`, one slot.
    package var consultationTypes: [ConsultationType]?
    package var acceptsNewPatients: Bool?

    /// The members of a location, merged one by one as RFC 7396 says.
    package struct LocationPatch: Sendable, Hashable {
        package var latitude: Double?
        package var longitude: Double?
        package var street: String?
        package var postalCode: String?
        package var city: String?
    }
}

/// Which practitioners of the list are wanted; all active ones where nothing is said.
package struct PractitionerFilter: Sendable, Hashable {
    package let specialty: String?
    package let city: String?
}

/// `PUT /practitioners/{id}/schedule`.
package struct SetSchedule: Sendable, Hashable {
    /// At most one entry a weekday; days that are missing are closed.
    package let weekly: [DaySessions]
    /// Nil: from today, in the practice's zone.
    package let validFrom: LocalDate?
}

/// `POST /practitioners/{id}/exceptions`.
package struct AddException: Sendable, Hashable {
    package let from: LocalDate
    /// Exclusive, after `from`.
    package let to: LocalDate
    package let kind: ScheduleException.Kind
    /// Empty on a closure: the whole days.
    package let sessions: [Session]
    /// Free text of the practice; never in an event.
    package let reason: String?
}

/// How a practitioner command was decided.
package enum PractitionerOutcome: Sendable {
    case registered(PractitionerDocument)
    case updated(PractitionerDocument)
    /// Activated or deactivated.
    case switched(PractitionerDocument, displaced: [DisplacedBooking])
    case scheduled(ScheduleDocument, displaced: [DisplacedBooking])
    case exceptionAdded(ExceptionDocument, displaced: [DisplacedBooking])
    case exceptionRemoved
    case refused(RefusedPractitionerChange)
}

/// Why a practitioner command was refused; each is stored as the answer to its key.
package enum RefusedPractitionerChange: Sendable, Hashable {
    case unknownPractitioner
    case unknownException
}

/// A practitioner as callers see it.
package struct PractitionerDocument: Sendable, Hashable {
    package let id: PractitionerID
    /// Version of the profile, at least 1; the ETag.
    package let version: Int64
    package let displayName: String
    package let specialty: String
    package let languages: [String]
    package let location: Location
    package let timeZone: String
    package let dayStart: LocalTime
    package let slotMinutes: Int
    package let consultationTypes: [ConsultationType]
    package let acceptsNewPatients: Bool
    package let active: Bool

    /// A practitioner of its parts.
    package init(
        id: PractitionerID, version: Int64, displayName: String, specialty: String, languages: [String],
        location: Location, timeZone: String, dayStart: LocalTime, slotMinutes: Int,
        consultationTypes: [ConsultationType], acceptsNewPatients: Bool, active: Bool
    ) {
        self.id = id
        self.version = version
        self.displayName = displayName
        self.specialty = specialty
        self.languages = languages
        self.location = location
        self.timeZone = timeZone
        self.dayStart = dayStart
        self.slotMinutes = slotMinutes
        self.consultationTypes = consultationTypes
        self.acceptsNewPatients = acceptsNewPatients
        self.active = active
    }
}

/// A practitioner's weekly schedule as callers see it.
package struct ScheduleDocument: Sendable, Hashable {
    package let practitionerID: PractitionerID
    /// 0 for the empty schedule of a new practitioner; the ETag, apart from the profile's.
    package let version: Int64
    package let weekly: [DaySessions]
    /// Nil only at version 0.
    package let validFrom: LocalDate?
    package let timeZone: String

    /// A schedule of its parts.
    package init(
        practitionerID: PractitionerID, version: Int64, weekly: [DaySessions], validFrom: LocalDate?, timeZone: String
    ) {
        self.practitionerID = practitionerID
        self.version = version
        self.weekly = weekly
        self.validFrom = validFrom
        self.timeZone = timeZone
    }
}

/// A closure or an extra opening as callers see it.
package struct ExceptionDocument: Sendable, Hashable {
    package let id: ExceptionID
    package let practitionerID: PractitionerID
    package let from: LocalDate
    /// Exclusive.
    package let to: LocalDate
    package let kind: ScheduleException.Kind
    package let sessions: [Session]
    package let reason: String?
    package let timeZone: String

    /// An exception of its parts.
    package init(
        id: ExceptionID, practitionerID: PractitionerID, from: LocalDate, to: LocalDate, kind: ScheduleException.Kind,
        sessions: [Session], reason: String?, timeZone: String
    ) {
        self.id = id
        self.practitionerID = practitionerID
        self.from = from
        self.to = to
        self.kind = kind
        self.sessions = sessions
        self.reason = reason
        self.timeZone = timeZone
    }
}

/// A booking that lost its opening; it stays confirmed until somebody moves or cancels it.
package struct DisplacedBooking: Sendable, Hashable {
    package let bookingID: BookingID
    package let patientID: PatientID
    package let slot: SlotTimes

    /// A displaced booking with its time in the practice's zone.
    package init(bookingID: BookingID, patientID: PatientID, slot: SlotTimes) {
        self.bookingID = bookingID
        self.patientID = patientID
        self.slot = slot
    }
}
