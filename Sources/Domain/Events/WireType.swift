/// The name under which an event is stored and published, with the version of its data.
///
/// Spelled by hand: renaming a Swift type must not change the log.
package struct WireType: Hashable, Sendable {
    /// `BookingCreated`.
    package let name: String
    /// Counts the shapes that this event's data has had, from 1.
    package let dataVersion: Int

    /// Takes a name of CONTRACT section 3 and a version.
    package init(_ name: String, dataVersion: Int = 1) {
        self.name = name
        self.dataVersion = dataVersion
    }
}

/// Something that happened, ready to be stored.
package protocol DomainEvent: Hashable, Sendable {
    /// Its name and version in the store and in headers.
    var wireType: WireType { get }
    /// Where it happened: the partition of every table that holds it.
    var country: CountryCode { get }
    /// Where it is published; nil for what is stored and sealed only.
    var topic: Topic? { get }
    /// The keys of its records, one a record: a move between practitioners has two, the one left first.
    var keys: [PractitionerID] { get }
}
