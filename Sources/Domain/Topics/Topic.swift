/// A topic of ours in Kafka, spelled as in CONTRACT section 3.
package enum Topic: String, CaseIterable, Hashable, Sendable {
    case bookingEvents = "booking-events"
    case practitionerEvents = "practitioner-events"
    case availabilityEvents = "availability-events"

    /// The name in Kafka.
    package var name: String { rawValue }

    /// Partitions of each topic; a practitioner has the same number in all of them.
    package static let partitionsPerTopic: Int32 = 6
}
