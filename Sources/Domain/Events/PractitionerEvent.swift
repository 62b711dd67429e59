/// Everything that can happen to a practitioner; profile, schedule and exceptions are one stream.
package enum PractitionerEvent: Hashable, Sendable {
    case registered(PractitionerRegistered)
    case updated(PractitionerUpdated)
    case deactivated(PractitionerDeactivated)
    case activated(PractitionerActivated)
    case scheduleSet(ScheduleSet)
    case exceptionAdded(ExceptionAdded)
    case exceptionRemoved(ExceptionRemoved)
}

extension PractitionerEvent: DomainEvent {
    package var wireType: WireType {
        switch self {
        case .registered: WireType("PractitionerRegistered")
        case .updated: WireType("PractitionerUpdated")
        case .deactivated: WireType("PractitionerDeactivated")
        case .activated: WireType("PractitionerActivated")
        case .scheduleSet: WireType("ScheduleSet")
        case .exceptionAdded: WireType("ExceptionAdded")
        case .exceptionRemoved: WireType("ExceptionRemoved")
        }
    }

    package var country: CountryCode {
        switch self {
        case .registered(let event): event.country
        case .updated(let event): event.country
        case .deactivated(let event): event.country
        case .activated(let event): event.country
        case .scheduleSet(let event): event.country
        case .exceptionAdded(let event): event.country
        case .exceptionRemoved(let event): event.country
        }
    }

    package var topic: Topic? { .practitionerEvents }

    package var keys: [PractitionerID] { [practitionerID] }

    /// The practitioner that it happened to.
    package var practitionerID: PractitionerID {
        switch self {
        case .registered(let event): event.practitionerID
        case .updated(let event): event.practitionerID
        case .deactivated(let event): event.practitionerID
        case .activated(let event): event.practitionerID
        case .scheduleSet(let event): event.practitionerID
        case .exceptionAdded(let event): event.practitionerID
        case .exceptionRemoved(let event): event.practitionerID
        }
    }
}

/// Where a practice is: public, like the rest of a profile.
package struct Location: Hashable, Sendable {
    /// Degrees north, -90...90.
    package var latitude: Double
    /// Degrees east, -180...180.
    package var longitude: Double
    /// Street and number.
    package var street: String
    /// Postal code, as written in its country.
    package var postalCode: String
    /// Town.
    package var city: String

    /// Takes a place; ranges are checked where it comes in.
    package init(latitude: Double, longitude: Double, street: String, postalCode: String, city: String) {
        self.latitude = latitude
        self.longitude = longitude
        self.street = street
        self.postalCode = postalCode
        self.city = city
    }
}

/// A practitioner joined.
///
/// The grid stands here for good; the rest of the profile can be changed.
package struct PractitionerRegistered: Hashable, Sendable {
    /// The practitioner.
    package var practitionerID: PractitionerID
    /// The country, and so the partition of every table.
    package var country: CountryCode
    /// The practitioner's place in the bitmaps: dense from 0 in a country and Kafka partition.
    package var number: Int
    /// Name as the public sees it.
    package var displayName: String
    /// Specialty, by its code.
    package var specialty: String
    /// Language tags.
    package var languages: [String]
    /// Where the practice is.
    package var location: Location
    /// The practice's IANA zone, for good.
    package var timeZone: String
    /// Where grid days start, for good.
    package var dayStart: LocalTime
    /// Length of a slot, `SlotGrid.slotMinutesRange`, for good.
    package var slotMinutes: Int
    /// What can be booked, at least one kind.
    package var consultationTypes: [ConsultationType]
    /// Only informs.
    package var acceptsNewPatients: Bool
    /// The version of the zone rules (tzdata) that were in force here, such as `2026f`.
    package var zoneRules: String

    /// Takes a whole profile.
    package init(
        practitionerID: PractitionerID, country: CountryCode, number: Int, displayName: String, specialty: String,
        languages: [String], location: Location, timeZone: String, dayStart: LocalTime, slotMinutes: Int,
        consultationTypes: [ConsultationType], acceptsNewPatients: Bool, zoneRules: String
    ) {
        self.practitionerID = practitionerID
        self.country = country
        self.number = number
        self.displayName = displayName
        self.specialty = specialty
        self.languages = languages
        self.location = location
        self.timeZone = timeZone
        self.dayStart = dayStart
        self.slotMinutes = slotMinutes
        self.consultationTypes = consultationTypes
        self.acceptsNewPatients = acceptsNewPatients
        self.zoneRules = zoneRules
    }
}

/// Parts of a profile changed; nil means "as before".
package struct PractitionerUpdated: Hashable, Sendable {
    /// The practitioner.
    package var practitionerID: PractitionerID
    /// The country, and so the partition of every table.
    package var country: CountryCode
    /// Name as the public sees it.
    package var displayName: String?
    /// Specialty, by its code.
    package var specialty: String?
    /// Language tags.
    package var languages: [String]?
    /// Where the practice is.
    package var location: Location?
    /// What can be booked, at least one kind.
    package var consultationTypes: [ConsultationType]?
    /// Only informs.
    package var acceptsNewPatients: Bool?

    /// Takes what changed.
    package init(
        practitionerID: PractitionerID, country: CountryCode, displayName: String? = nil, specialty: String? = nil,
        languages: [String]? = nil, location: Location? = nil, consultationTypes: [ConsultationType]? = nil,
        acceptsNewPatients: Bool? = nil
    ) {
        self.practitionerID = practitionerID
        self.country = country
        self.displayName = displayName
        self.specialty = specialty
        self.languages = languages
        self.location = location
        self.consultationTypes = consultationTypes
        self.acceptsNewPatients = acceptsNewPatients
    }
}

/// A practitioner cannot be booked any more and is in no list.
package struct PractitionerDeactivated: Hashable, Sendable {
    /// The practitioner.
    package var practitionerID: PractitionerID
    /// The country, and so the partition of every table.
    package var country: CountryCode

    /// Says who and where.
    package init(practitionerID: PractitionerID, country: CountryCode) {
        self.practitionerID = practitionerID
        self.country = country
    }
}

/// A practitioner is back.
package struct PractitionerActivated: Hashable, Sendable {
    /// The practitioner.
    package var practitionerID: PractitionerID
    /// The country, and so the partition of every table.
    package var country: CountryCode

    /// Says who and where.
    package init(practitionerID: PractitionerID, country: CountryCode) {
        self.practitionerID = practitionerID
        self.country = country
    }
}
