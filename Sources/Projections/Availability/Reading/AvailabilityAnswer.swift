package import Domain

/// What was asked about a practitioner's free slots.
package struct AvailabilityQuestion: Hashable, Sendable {
    /// The practitioner.
    package var practitioner: PractitionerID
    /// The country of the path.
    package var country: CountryCode
    /// The first grid day; nil: today in the practice's zone.
    package var from: LocalDate?
    /// How many grid days, at least 1.
    package var days: Int
    /// The code of a kind of visit; nil: one slot.
    package var consultationType: String?

    /// A question about consecutive days.
    package init(
        practitioner: PractitionerID, country: CountryCode, from: LocalDate? = nil, days: Int = 7,
        consultationType: String? = nil
    ) {
        self.practitioner = practitioner
        self.country = country
        self.from = from
        self.days = days
        self.consultationType = consultationType
    }
}

/// How a question ended.
package enum AvailabilityOutcome: Sendable {
    case found(AvailabilityAnswer)
    case unknownPractitioner
    case unknownConsultationType
    /// A part that the answer needs cannot be asked.
    case unavailable(AvailabilityDependency)
}

/// What an answer can need.
package enum AvailabilityDependency: String, Hashable, Sendable {
    /// The practitioner database, for somebody who is not known yet.
    case practitioners
    /// Redis, for hot days.
    case pages
    /// Booking, for days that have no pages.
    case bookings
}

/// Free slots of consecutive grid days, with what is needed to show them.
package struct AvailabilityAnswer: Sendable {
    /// How far the answer can be trusted.
    package enum State: String, Hashable, Sendable {
        /// Everything published was in the pages within the last ten seconds.
        case fresh
        /// The projection lags, or the practitioner's calendar could not be confirmed.
        case stale
        /// A page is missing, or an event of the practitioner could not be taken in: no slot of the days that need it
        /// is shown as free.
        case unknown
    }

    /// One grid day.
    package struct Day: Hashable, Sendable {
        /// The grid day.
        package let date: LocalDate
        /// The starts that can be booked now.
        package let free: SlotMask
    }

    /// The practitioner, with the grid that gives slots their times.
    package let place: PractitionerPlace
    /// Consecutive slots that a start stands for.
    package let length: Int
    /// How far the answer can be trusted.
    package let state: State
    /// When the newest event that is reflected happened; nil before the first.
    package let asOf: Instant?
    /// The days that were asked for, in order.
    package let days: [Day]
    /// The first start up to the horizon; nil when there is none, or it is unknown.
    package let nextAvailable: Instant?
}
