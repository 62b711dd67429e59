package import Domain
import EventStore
package import JSON

// An event that could not be taken in, as it stands in a practitioner's record of a round: whoever goes on from there
// lets the practitioner wait from the same event on.

extension JSONWriter {
    /// Writes the member `unreadable`.
    package mutating func unreadable(_ cause: QuarantineCause) {
        key("unreadable")
        beginObject()
        text("topic", cause.topic.name)
        if let position = cause.position {
            key("position")
            int(position)
        }
        if let country = cause.country { text("country", country.text) }
        if let event = cause.eventID { id("eventId", event) }
        text("type", cause.type.name)
        int("dataVersion", cause.type.dataVersion)
        text("fault", cause.fault)
        endObject()
    }
}

extension QuarantineCause {
    /// Reads what `JSONWriter.unreadable` wrote; nil where a record has no such member.
    ///
    /// - Parameters:
    ///   - practitioner: Whose record it is.
    ///   - record: All of it.
    /// - Throws: `JSONError`.
    package init?(_ practitioner: PractitionerID, in record: JSONNode) throws(JSONError) {
        guard let node = record.first("unreadable") else { return nil }
        guard let topic = Topic(rawValue: try node.text("topic")) else { throw JSONError(.unexpectedKind) }
        self.init(
            practitioner, country: node.first("country") == nil ? nil : try node.country(), topic: topic,
            position: try node.first("position")?.int(),
            eventID: node.first("eventId") == nil ? nil : try node.id("eventId"),
            WireType(try node.text("type"), dataVersion: try node.int("dataVersion")), fault: try node.text("fault"))
    }
}
