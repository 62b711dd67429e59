package import Domain
package import EventStore

/// Which practitioner, and in whose tables.
package struct SearchKey: Hashable, Sendable {
    package let country: CountryCode
    package let practitioner: PractitionerID

    /// A key of its parts.
    package init(_ country: CountryCode, _ practitioner: PractitionerID) {
        self.country = country
        self.practitioner = practitioner
    }
}

/// All that search knows of one practitioner.
package struct SearchDocument: Hashable, Sendable {
    /// Why a document cannot take an event in.
    package enum Fault: Error, Hashable {
        /// A profile changed that search does not have: its registration is missing.
        case profileMissing(SearchKey)
    }

    package let key: SearchKey
    /// The Kafka partition of the practitioner.
    package let partition: Shard
    /// Nil until the registration has arrived: the topics overtake each other.
    package var profile: SearchProfile?
    /// `ce_sequence` of the last event in the profile, 0 for none.
    package var profileSequence: Int64 = 0
    /// The profile's ETag.
    package var profileVersion: Int64 = 0
    /// False without a profile.
    package var isActive = false
    /// The free slots as published; nil while nothing is known of them.
    package var freeDays: FreeDays?
    /// The earliest free start when that was published; it may have passed.
    package var nextAvailable: Instant?
    /// The last sequence of booking-events that went into the free slots.
    package var bookingSource: Int64 = 0
    /// The same of practitioner-events.
    package var practitionerSource: Int64 = 0
    /// When the newest event in the document happened.
    package var asOf: Instant

    /// A document that knows nothing yet.
    package init(_ key: SearchKey, partition: Shard) {
        self.key = key
        self.partition = partition
        asOf = Instant(microseconds: 0)
    }

    /// Takes an event of the practitioner's stream in; one that is in already changes nothing.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - sequence: `ce_sequence`.
    ///   - occurredAt: When.
    /// - Throws: `Fault.profileMissing`.
    package mutating func apply(
        _ event: PractitionerEvent, sequence: Int64, occurredAt: Instant
    ) throws(Fault) {
        guard sequence > profileSequence else { return }
        switch event {
        case .registered(let event):
            profile = SearchProfile(event)
            profileVersion = 1
            isActive = true
        case .updated(let event):
            guard profile != nil else { throw .profileMissing(key) }
            profile?.apply(event)
            profileVersion += 1
        case .deactivated, .activated:
            guard profile != nil else { throw .profileMissing(key) }
            if case .activated = event { isActive = true } else { isActive = false }
            profileVersion += 1
        case .scheduleSet, .exceptionAdded, .exceptionRemoved: return
        }
        profileSequence = sequence
        asOf = max(asOf, occurredAt)
    }

    /// Takes a change of free slots in, unless what went into it is older, in either topic, than what is in.
    package mutating func apply(_ change: AvailabilityChanged, occurredAt: Instant) {
        let booking = change.sequence(of: .bookingEvents)
        let practitioner = change.sequence(of: .practitionerEvents)
        guard booking >= bookingSource, practitioner >= practitionerSource else { return }
        let today = LocalDate(days: Int32(clamping: occurredAt.seconds / 86_400))
        var days = freeDays ?? FreeDays(firstDate: today.adding(days: -FreeDays.daysBefore))
        days.apply(change.days, today: today)
        freeDays = days
        nextAvailable = change.nextAvailable
        bookingSource = booking
        practitionerSource = practitioner
        asOf = max(asOf, occurredAt)
    }
}

extension AvailabilityChanged {
    func sequence(of topic: Topic) -> Int64 { sources.first { $0.topic == topic }?.sequence ?? 0 }
}
