/// A practitioner's free slots changed; published by the availability projector, stored nowhere.
///
/// The newest wins: one is applied only if its `sources` are at least as new in every topic as those applied before.
package struct AvailabilityChanged: Hashable, Sendable {
    /// The free slots of one grid day.
    package struct Day: Hashable, Sendable {
        /// The grid day.
        package var date: LocalDate
        /// Open and not booked; what has passed or is too near is left to the reader's clock.
        package var free: SlotMask

        /// Takes a day and its free slots.
        package init(date: LocalDate, free: SlotMask) {
            self.date = date
            self.free = free
        }
    }

    /// The last sequence of a topic's partition that went in.
    package struct Source: Hashable, Sendable {
        /// The topic.
        package var topic: Topic
        /// `ce_sequence`; 0 when nothing of that topic has been seen.
        package var sequence: Int64

        /// Takes a topic and a sequence.
        package init(topic: Topic, sequence: Int64) {
            self.topic = topic
            self.sequence = sequence
        }
    }

    /// The practitioner.
    package var practitionerID: PractitionerID
    /// The country, and so the partition of every table.
    package var country: CountryCode
    /// The days that changed.
    package var days: [Day]
    /// The earliest start that was free when this was published; nil when there is none in the hot days.
    package var nextAvailable: Instant?
    /// The event that made it change.
    package var cause: EventID
    /// What went in, one entry a topic.
    package var sources: [Source]

    /// `ce_type`.
    package static let wireType = WireType("AvailabilityChanged")

    /// Takes the fields of CONTRACT section 3.
    package init(
        practitionerID: PractitionerID, country: CountryCode, days: [Day], nextAvailable: Instant?, cause: EventID,
        sources: [Source]
    ) {
        self.practitionerID = practitionerID
        self.country = country
        self.days = days
        self.nextAvailable = nextAvailable
        self.cause = cause
        self.sources = sources
    }
}
