import Domain
import EventStore
import ProjectionRunner

/// Turns records into changes of documents; schedules and exceptions reach search as free slots, so their events are
/// passed over.
struct SearchRecordReader: ~Copyable {
    private var decoder: EventDecoder

    /// Events of a practitioner's stream that are in the profile.
    private static let profileTypes: Set<String> = [
        "PractitionerRegistered", "PractitionerUpdated", "PractitionerDeactivated", "PractitionerActivated",
    ]
    private static let otherTypes: Set<String> = ["ScheduleSet", "ExceptionAdded", "ExceptionRemoved"]

    init() throws(EventDecodingError) { decoder = try EventDecoder() }

    /// What a record changes; nil for nothing.
    ///
    /// - Throws: `ProjectionFault.undecodable`.
    mutating func change(_ record: ProjectionRecord) throws(ProjectionFault) -> SearchChange? {
        if record.topic == .practitionerEvents, Self.otherTypes.contains(record.wireType.name) { return nil }
        guard let occurredAt = record.occurredAt else { throw undecodable(record) }
        do {
            if record.topic == .availabilityEvents {
                let event = try record.withData { try decoder.availabilityChanged(record.wireType, $0) }
                return SearchChange(
                    SearchKey(event.country, event.practitionerID), occurredAt: occurredAt, .availability(event))
            }
            let event = try record.withData { try decoder.practitionerEvent(record.wireType, $0) }
            return SearchChange(
                SearchKey(event.country, event.practitionerID), occurredAt: occurredAt,
                .profile(event, sequence: record.sequence))
        } catch {
            throw undecodable(record)
        }
    }

    private func undecodable(_ record: ProjectionRecord) -> ProjectionFault {
        .undecodable(record.topic, sequence: record.sequence, record.wireType)
    }
}
