package import Domain

/// What a caller wants done to a practitioner.
package enum PractitionerCommand: Sendable {
    case register(Registration)
    case update(PractitionerID, ProfilePatch)
    case setActive(PractitionerID, Bool)
    /// The week from a date on; nil: from today in the practice's zone.
    case setSchedule(PractitionerID, days: [DaySessions], validFrom: LocalDate?)
    case addException(PractitionerID, NewException)
    case removeException(PractitionerID, ExceptionID)

    /// The practitioner that exists already; nil for a registration.
    var practitionerID: PractitionerID? {
        switch self {
        case .register: nil
        case .update(let id, _), .setActive(let id, _), .setSchedule(let id, _, _), .addException(let id, _),
            .removeException(let id, _):
            id
        }
    }
}

/// A new practitioner's profile; what is nil takes the country's default.
package struct Registration: Sendable {
    package var displayName: String
    package var specialty: String
    package var languages: [String]
    package var location: Location
    package var timeZone: String?
    package var dayStart: LocalTime?
    package var slotMinutes: Int?
    /// Empty: `standard`, one slot.
    package var consultationTypes: [ConsultationType]
    package var acceptsNewPatients: Bool

    package init(
        displayName: String, specialty: String, languages: [String], location: Location, timeZone: String?,
        dayStart: LocalTime?, slotMinutes: Int?, consultationTypes: [ConsultationType], acceptsNewPatients: Bool
    ) {
        self.displayName = displayName
        self.specialty = specialty
        self.languages = languages
        self.location = location
        self.timeZone = timeZone
        self.dayStart = dayStart
        self.slotMinutes = slotMinutes
        self.consultationTypes = consultationTypes
        self.acceptsNewPatients = acceptsNewPatients
    }
}

/// The parts of a profile that a merge patch names; nil: as before.
package struct ProfilePatch: Sendable {
    package var displayName: String?
    package var specialty: String?
    package var languages: [String]?
    package var latitude: Double?
    package var longitude: Double?
    package var street: String?
    package var postalCode: String?
    package var city: String?
    package var consultationTypes: [ConsultationType]?
    package var acceptsNewPatients: Bool?

    package init() {}

    /// The location after the patch.
    func location(after old: Location) -> Location {
        Location(
            latitude: latitude ?? old.latitude, longitude: longitude ?? old.longitude, street: street ?? old.street,
            postalCode: postalCode ?? old.postalCode, city: city ?? old.city)
    }
}

/// A closure or an extra opening to add.
package struct NewException: Sendable {
    package var from: LocalDate
    /// Exclusive, after `from`.
    package var to: LocalDate
    package var kind: ScheduleException.Kind
    package var sessions: [Session]
    /// Free text; stays in the practitioner database and is in no event.
    package var reason: String?

    package init(from: LocalDate, to: LocalDate, kind: ScheduleException.Kind, sessions: [Session], reason: String?) {
        self.from = from
        self.to = to
        self.kind = kind
        self.sessions = sessions
        self.reason = reason
    }
}
