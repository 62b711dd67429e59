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
    /// Name as the public sees it.
    package var displayName: String
    /// Specialty, by its code.
    package var specialty: String
    /// Language tags.
    package var languages: [String]
    /// Where the practice is.
    package var location: Location
    /// IANA zone; nil: the country's.
    package var timeZone: String?
    /// Where grid days start; nil: the country's.
    package var dayStart: LocalTime?
    /// Length of a slot, 5...60; nil: the country's.
    package var slotMinutes: Int?
    /// Empty: `standard`, one slot.
    package var consultationTypes: [ConsultationType]
    /// Only informs.
    package var acceptsNewPatients: Bool

    /// Takes a whole profile.
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
    /// Name as the public sees it.
    package var displayName: String?
    /// Specialty, by its code.
    package var specialty: String?
    /// Language tags.
    package var languages: [String]?
    /// Degrees north.
    package var latitude: Double?
    /// Degrees east.
    package var longitude: Double?
    /// Street and number.
    package var street: String?
    /// Postal code.
    package var postalCode: String?
    /// Town.
    package var city: String?
    /// All kinds of visits, in the place of those before.
    package var consultationTypes: [ConsultationType]?
    /// Only informs.
    package var acceptsNewPatients: Bool?

    /// A patch that changes nothing yet.
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
    /// The first grid day that it touches.
    package var from: LocalDate
    /// Exclusive, after `from`.
    package var to: LocalDate
    /// Whether it closes or opens.
    package var kind: ScheduleException.Kind
    /// The time of each day that is concerned; empty on a closure: the whole day.
    package var sessions: [Session]
    /// Free text; stays in the practitioner database and is in no event.
    package var reason: String?

    /// Takes an exception for the grid days `from`..<`to`.
    package init(from: LocalDate, to: LocalDate, kind: ScheduleException.Kind, sessions: [Session], reason: String?) {
        self.from = from
        self.to = to
        self.kind = kind
        self.sessions = sessions
        self.reason = reason
    }
}
