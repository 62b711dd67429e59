package import Domain

/// What the availability route needs: hot days from the projection, later ones from booking.
package protocol AvailabilityService: Sendable {
    /// Free slots of one practitioner on consecutive grid days.
    func availability(_ query: AvailabilityQuery, _ context: RequestContext) async -> AvailabilityReading
}

/// `GET /practitioners/{id}/availability`.
package struct AvailabilityQuery: Sendable, Hashable {
    package let practitionerID: PractitionerID
    /// First grid day; nil: today in the practice's zone.
    package let from: LocalDate?
    /// 1...14.
    package let days: Int
    /// Nil: one slot is asked.
    package let consultationType: String?
}

/// How a read of availability ended.
package enum AvailabilityReading: Sendable {
    case found(AvailabilityDocument)
    case unknownPractitioner
    case unknownConsultationType
    case unavailable(Dependency)
}

/// Free slots as callers see them.
package struct AvailabilityDocument: Sendable {
    /// How far the answer can be trusted.
    package enum State: String, Sendable, CaseIterable {
        case fresh
        case stale
        case unknown
    }

    package let practitionerID: PractitionerID
    package let timeZone: String
    package let slotMinutes: Int
    package let state: State
    /// Commit time of the newest event that the answer reflects; nil before the first one.
    package let asOf: ZonedTime?
    package let days: [AvailabilityDay]
    /// The first start up to the horizon at which what was asked fits; nil when there is none.
    package let nextAvailable: ZonedTime?

    /// An answer of its parts.
    package init(
        practitionerID: PractitionerID, timeZone: String, slotMinutes: Int, state: State, asOf: ZonedTime?,
        days: [AvailabilityDay], nextAvailable: ZonedTime?
    ) {
        self.practitionerID = practitionerID
        self.timeZone = timeZone
        self.slotMinutes = slotMinutes
        self.state = state
        self.asOf = asOf
        self.days = days
        self.nextAvailable = nextAvailable
    }
}

/// One grid day of an answer.
package struct AvailabilityDay: Sendable {
    /// The day's slots as JSON, shared between requests: the same for all practitioners of one grid.
    package let fragments: SlotFragments
    /// Bit i = slot i can be booked.
    package let free: SlotMask

    /// A day whose free slots are those of `free`, as far as they exist on it.
    package init(_ fragments: SlotFragments, free: SlotMask) {
        self.fragments = fragments
        self.free = SlotMask(rawValue: free.rawValue & fragments.existing.rawValue)
    }
}
