package import Domain

/// What the search route needs; the composition root joins it to the search projection's engine.
package protocol SearchService: Sendable {
    /// Active practitioners that match, best first.
    func search(_ query: SearchQuery, _ page: PageRequest, _ context: RequestContext) async -> SearchReading
}

/// `GET /search`; what is nil was not asked.
package struct SearchQuery: Sendable, Hashable {
    /// Where to look.
    package enum Near: Sendable, Hashable {
        /// A place by its name, to be understood by the service.
        case place(String)
        /// Degrees north and east.
        case point(latitude: Double, longitude: Double)
    }

    /// In which order the answer comes.
    package enum Sort: String, Sendable, CaseIterable {
        case soonest
        case distance
        case relevance
    }

    package let text: String?
    package let specialty: String?
    package let near: Near?
    /// More than 0, at most 500.
    package let radiusKilometres: Double?
    package let availableFrom: TimeBound?
    package let availableBy: TimeBound?
    package let language: String?
    /// Nil: the service chooses by what was asked.
    package let sort: Sort?
}

/// How a search ended.
package enum SearchReading: Sendable {
    case found(SearchAnswer)
    /// The query cannot be answered as it is; pointers begin with `/query/`.
    case invalid([Fault])
    case unavailable(Dependency)
}

/// What a search found, and how it was understood.
package struct SearchAnswer: Sendable {
    package let page: Page<SearchHit>
    package let understood: SearchUnderstanding
    /// Words of the free text that meant nothing.
    package let ignored: [String]
    /// Commit time of the newest event that the answer reflects; nil before the first one.
    package let asOf: ZonedTime?
    /// True when a part of the answer may be missing or old.
    package let degraded: Bool

    /// An answer of its parts.
    package init(
        page: Page<SearchHit>, understood: SearchUnderstanding, ignored: [String], asOf: ZonedTime?, degraded: Bool
    ) {
        self.page = page
        self.understood = understood
        self.ignored = ignored
        self.asOf = asOf
        self.degraded = degraded
    }
}

/// One practitioner that a search found.
package struct SearchHit: Sendable {
    package let practitioner: PractitionerDocument
    /// Nil when no place was asked for.
    package let distanceKilometres: Double?
    package let nextAvailable: ZonedTime?
    /// How many slots are free in the time asked for; nil when it is not known.
    package let freeSlots: Int?

    /// A hit of its parts.
    package init(
        practitioner: PractitionerDocument, distanceKilometres: Double?, nextAvailable: ZonedTime?, freeSlots: Int?
    ) {
        self.practitioner = practitioner
        self.distanceKilometres = distanceKilometres
        self.nextAvailable = nextAvailable
        self.freeSlots = freeSlots
    }
}

/// What a search took the words to mean.
package struct SearchUnderstanding: Sendable, Hashable {
    /// A place that was found.
    package struct Place: Sendable, Hashable {
        package let name: String
        package let country: CountryCode
        package let latitude: Double
        package let longitude: Double

        /// A place of its parts.
        package init(name: String, country: CountryCode, latitude: Double, longitude: Double) {
            self.name = name
            self.country = country
            self.latitude = latitude
            self.longitude = longitude
        }
    }

    package var specialty: String?
    package var place: Place?
    package var radiusKilometres: Double?
    package var from: ZonedTime?
    package var to: ZonedTime?
    package var language: String?
    /// A practitioner's name, or a part of it.
    package var name: String?

    /// An understanding that says nothing yet.
    package init() {}
}
