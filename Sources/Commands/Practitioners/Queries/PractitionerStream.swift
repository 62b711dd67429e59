package import Domain
import EventStore
package import Postgres

/// Reads the history of practitioners as booking's calendars need it.
package struct PractitionerStream: Sendable {
    private let reader: EventReader

    /// Reads the practitioner database; the application's pool or that of `event_reader`.
    package init(pool: PGPool) { reader = EventReader(pool) }

    /// The events after `version` up to and including `last`, in order and without a gap.
    ///
    /// - Throws: `EventStoreError.streamHole` where the stream does not hold them all, `EventDecodingError`, `PGError`.
    package func changes(
        of practitioner: PractitionerID, in country: CountryCode, after version: Int64, upTo last: Int64
    ) async throws -> [PractitionerChange] {
        let stream = StreamName(practitioner)
        var changes: [PractitionerChange] = []
        var next = version + 1
        while next <= last {
            let limit = Int(min(last - next + 1, Int64(EventReader.limitMax)))
            let events = try await reader.stream(country: country, stream, from: next, limit: limit)
            if events.isEmpty { throw EventStoreError.streamHole(stream, expectedVersion: next) }
            for event in events {
                changes.append(
                    PractitionerChange(
                        version: event.version, id: event.metadata.eventID,
                        event: try EventCodec.practitionerEvent(event.wireType, event.data)))
            }
            next += Int64(events.count)
        }
        return changes
    }

    /// The practitioner as it was at a version of its stream.
    ///
    /// - Throws: As `changes`; `streamHole` also where the stream does not begin with a registration.
    func practitioner(
        _ id: PractitionerID, in country: CountryCode, at version: Int64
    ) async throws -> Practitioner {
        let changes = try await changes(of: id, in: country, after: 0, upTo: version)
        guard case .registered(let event) = changes.first?.event else {
            throw EventStoreError.streamHole(StreamName(id), expectedVersion: 1)
        }
        let first = Practitioner(event, partition: Int(KafkaPartitioner.partition(of: id)))
        return changes.dropFirst().reduce(first) { $0.evolved(by: $1.event, id: $1.id) }
    }
}
