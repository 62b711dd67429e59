package import Domain

/// One of the three databases, each with a history of its own.
package enum AuditDatabase: String, CaseIterable, Hashable, Sendable, Comparable {
    case booking, practitioner, patient

    package static func < (one: Self, other: Self) -> Bool { one.order < other.order }

    /// Breaks ties between events of the same microsecond, always in the same way.
    var order: Int {
        switch self {
        case .booking: 0
        case .practitioner: 1
        case .patient: 2
        }
    }
}

/// What an auditor asks about.
package enum AuditSubject: Hashable, Sendable {
    /// Everything that happened to a booking.
    case booking(BookingID)
    /// A practitioner's profile, schedule and exceptions, and the bookings that were ever theirs.
    case practitioner(PractitionerID)
    /// A patient's registration and changes, and the bookings that are the patient's.
    case patient(PatientID)
    /// One event, wherever it is.
    case event(EventID)
    /// Everything, within the filter.
    case everything

    /// The databases that know something about it.
    var databases: [AuditDatabase] {
        switch self {
        case .booking: [.booking]
        case .practitioner: [.booking, .practitioner]
        case .patient: [.booking, .patient]
        case .event, .everything: AuditDatabase.allCases
        }
    }
}

/// Which events of a subject are wanted; every part that is nil asks for all.
package struct AuditFilter: Hashable, Sendable {
    /// Only this country.
    package var country: CountryCode?
    /// Recorded at or after this moment.
    package var from: Instant?
    /// Recorded before this moment.
    package var to: Instant?
    /// Only these types; empty: all.
    package var types: [String]
    /// Done by this role: one of the tokens', or `system`.
    package var actorRole: String?
    /// Done by this subject.
    package var actorSubject: String?
    /// Only what says something about this grid day or a later one, or about all days.
    package var relevantSince: LocalDate?

    /// Asks for what passes every part that is given.
    package init(
        country: CountryCode? = nil, from: Instant? = nil, to: Instant? = nil, types: [String] = [],
        actorRole: String? = nil, actorSubject: String? = nil, relevantSince: LocalDate? = nil
    ) {
        self.country = country
        self.from = from
        self.to = to
        self.types = types
        self.actorRole = actorRole
        self.actorSubject = actorSubject
        self.relevantSince = relevantSince
    }
}

/// An event as auditors see it: as it is stored, and where it stands in the sealed order.
package struct AuditEvent: Hashable, Sendable {
    /// One of the (at most two) places that an event has in the order of its database.
    package struct Place: Hashable, Sendable {
        /// Whose order.
        package let shard: Shard
        /// Dense from 1 in its shard; nil while none was given yet.
        package let position: Int64?

        /// A place of its parts.
        package init(shard: Shard, position: Int64?) {
            self.shard = shard
            self.position = position
        }
    }

    /// Which history it is in.
    package let database: AuditDatabase
    /// The event.
    package let event: StoredEvent
    /// One place, or two for a move between practitioners, in the order of the event's keys.
    package let places: [Place]

    /// Its place in the order of pages.
    var mark: AuditCursor.Mark {
        AuditCursor.Mark(recordedAt: event.recordedAt, database: database, number: event.number)
    }

    /// The position of the side that concerns a practitioner, nil while there is none, or where it is not theirs.
    package func position(of key: RecordKey) -> Int64? {
        event.keys.firstIndex(of: key).flatMap { places[$0].position }
    }
}

/// One page of an answer.
package struct AuditPage: Sendable {
    /// In the order of time.
    package let events: [AuditEvent]
    /// Where the next page begins; nil on the last one.
    package let next: AuditCursor?
    /// The moment as of which the whole answer is complete, by the clock of the database asked first.
    package let asOf: Instant
}
