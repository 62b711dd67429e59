import AvailabilityProjection
import Domain
import EventStore
import Postgres

/// The practitioner-events of one partition by practitioner, each with its position: calendars as of any position.
struct CalendarHistory {
    /// One event at its place.
    struct Entry {
        let position: Int64
        let version: Int64
        let occurredAt: Instant
        let event: PractitionerEvent
    }

    /// A practitioner's calendar at one position, with the place in the bitmaps.
    struct Folded {
        let calendar: PractitionerCalendar
        let number: Int
    }

    /// The last position that the store had given.
    let head: Int64
    /// Of the country asked for, in the order of positions.
    let entries: [PractitionerID: [Entry]]
    private let zones: ZoneDatabase

    /// Reads a partition in the snapshot of the session's transaction.
    ///
    /// - Throws: `EventStoreError` for a history with holes; `EventDecodingError`; `PGError`.
    static func read(
        _ partition: Shard, country: CountryCode?, zones: ZoneDatabase, on session: PGSession
    ) async throws -> CalendarHistory {
        var entries: [PractitionerID: [Entry]] = [:]
        var position: Int64 = 0
        while true {
            let events = try await EventReader.positions(
                of: partition, after: position, limit: EventReader.limitMax, on: session)
            for event in events where country == nil || event.event.country == country {
                let content = try EventCodec.practitionerEvent(event.event.wireType, event.event.data)
                entries[content.practitionerID, default: []].append(
                    Entry(
                        position: event.position, version: event.event.version,
                        occurredAt: event.event.metadata.occurredAt, event: content))
            }
            guard let last = events.last else { break }
            position = last.position
        }
        return CalendarHistory(head: position, entries: entries, zones: zones)
    }

    /// The calendar with everything up to a position in it; nil before the registration.
    ///
    /// - Throws: `EventStoreError.streamHole`; `ZoneError`.
    func fold(_ id: PractitionerID, upTo position: Int64) throws -> Folded? {
        var fold = CalendarFold(id, zones: zones)
        for entry in entries[id, default: []].prefix(while: { $0.position <= position }) {
            try fold.take(entry.event, version: entry.version)
        }
        guard let calendar = fold.calendar, let number = fold.number else { return nil }
        return Folded(calendar: calendar, number: number)
    }
}
