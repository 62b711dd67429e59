package import AuditReport
import Domain
package import EventStore
import JSON

extension AuditEvent {
    /// Names of the columns of `record`.
    package static let columns = [
        "recordedAt", "occurredAt", "country", "database", "shard", "position", "secondShard", "secondPosition",
        "eventId", "stream", "version", "type", "dataVersion", "actorRole", "actorSubject", "correlationId",
        "causationId", "data",
    ]

    /// The event as a row: when, where it stands, what, by whom, why, and its data.
    package var record: AuditRecord {
        var record = AuditRecord()
        record.add("recordedAt", event.recordedAt.text())
        record.add("occurredAt", event.metadata.occurredAt.text())
        record.add("country", event.country.text)
        record.add("database", database.rawValue)
        for (index, name) in ["", "second"].enumerated() {
            let place = index < places.count ? places[index] : nil
            record.add(name.isEmpty ? "shard" : "secondShard", place?.shard.number)
            record.add(name.isEmpty ? "position" : "secondPosition", place?.position)
        }
        record.add("eventId", event.metadata.eventID.description)
        record.add("stream", event.stream.text)
        record.add("version", event.version)
        record.add("type", event.wireType.name)
        record.add("dataVersion", event.wireType.dataVersion)
        record.add("actorRole", event.metadata.actorRole)
        record.add("actorSubject", event.metadata.actorSubject)
        record.add("correlationId", event.metadata.correlationID)
        record.add("causationId", event.metadata.causationID)
        record.add("data", data)
        return record
    }

    /// The stored bytes where they are JSON; bytes that somebody changed into something else are shown as text.
    private var data: AuditValue {
        (try? parseJSON(event.data)) == nil
            ? .text(String(decoding: event.data, as: UTF8.self)) : .json(event.data)
    }
}
