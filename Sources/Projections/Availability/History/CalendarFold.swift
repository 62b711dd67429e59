package import Domain
import EventStore

/// A practitioner's calendar out of the events of the stream, from the registration on, none left out.
package struct CalendarFold: Sendable {
    /// What is open after the events so far; nil before the registration.
    package private(set) var calendar: PractitionerCalendar?
    /// The practitioner's place in the bitmaps; nil before the registration.
    package private(set) var number: Int?
    private let id: PractitionerID
    private let zones: ZoneDatabase

    /// Begins before the registration.
    package init(_ id: PractitionerID, zones: ZoneDatabase) {
        self.id = id
        self.zones = zones
    }

    /// Takes in the next event of the stream.
    ///
    /// - Throws: `EventStoreError.streamHole` where an event is missing before this one; `ZoneError`.
    package mutating func take(_ event: PractitionerEvent, version: Int64) throws {
        guard var known = calendar else {
            guard case .registered(let registered) = event else {
                throw EventStoreError.streamHole(StreamName(id), expectedVersion: 1)
            }
            calendar = try PractitionerCalendar(registered, version: version, zones: zones)
            number = registered.number
            return
        }
        guard version == known.version + 1 else {
            throw EventStoreError.streamHole(StreamName(id), expectedVersion: known.version + 1)
        }
        known.evolve(event, version: version)
        calendar = known
    }
}
