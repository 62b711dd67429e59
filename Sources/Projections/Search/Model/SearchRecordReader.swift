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
    /// - Throws: `QuarantineCause`.
    mutating func change(_ record: ProjectionRecord) throws(QuarantineCause) -> SearchChange? {
        if record.topic == .practitionerEvents, Self.otherTypes.contains(record.wireType.name) { return nil }
        guard let occurredAt = record.occurredAt else {
            throw QuarantineCause(record, fault: "it does not say when it happened")
        }
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
            throw QuarantineCause(record, fault: QuarantineCause.fault(error))
        }
    }
}
