import Domain
import EventStore
import JSON
import ProjectionRunner

extension JSONWriter {
    /// Writes a text, or null where there is none.
    mutating func member(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }
}

extension QuarantineCause {
    /// The event and whose it is; the keys are part of the contract with scripts.
    func write(to writer: inout JSONWriter) {
        writer.member("practitionerId", "\(practitioner)")
        writer.member("country", country?.text)
        writer.member("topic", topic.name)
        writer.member("position", position)
        writer.member("offset", offset)
        writer.member("eventId", eventID.map { "\($0)" })
        writer.member("eventType", type.name)
        writer.member("dataVersion", Int64(type.dataVersion))
        writer.member("fault", fault)
    }
}

extension QuarantineEntry {
    /// Members of a `quarantine` line.
    func write(to writer: inout JSONWriter) {
        writer.member("id", reference)
        writer.member("model", model)
        writer.member("epoch", epoch)
        writer.member("partition", Int64(partition))
        cause.write(to: &writer)
        writer.member("since", since)
        writer.member("waiting", waiting)
        writer.member("endedAt", end?.at)
        writer.member("outcome", end?.outcome)
        writer.member("drained", end?.drained)
    }
}

extension QuarantineSkip {
    /// Members of a `skip` line.
    func write(to writer: inout JSONWriter) {
        writer.member("id", "\(model)-\(quarantineID)")
        writer.member("model", model)
        cause.write(to: &writer)
        writer.member("reason", reason)
        writer.member("actor", actor)
        writer.member("at", at)
    }
}

extension ForeignRecord {
    /// Members of a `foreign` line.
    func write(to writer: inout JSONWriter) {
        writer.member("model", model)
        writer.member("topic", topic)
        writer.member("partition", Int64(partition))
        writer.member("offset", offset)
        writer.member("seenAt", seenAt)
    }
}
