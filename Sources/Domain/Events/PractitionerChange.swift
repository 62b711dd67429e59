/// An event of a practitioner's stream with its place there: what booking applies to its calendars.
package struct PractitionerChange: Hashable, Sendable {
    /// Version of the stream that the event made, from 1.
    package let version: Int64
    /// The event's id: the cause of what it displaces.
    package let id: EventID
    package let event: PractitionerEvent

    /// An event with its place.
    package init(version: Int64, id: EventID, event: PractitionerEvent) {
        self.version = version
        self.id = id
        self.event = event
    }
}
