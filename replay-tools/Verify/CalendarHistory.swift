import AvailabilityProjection
import Domain
import EventStore
import Postgres
import ProjectionRunner

/// The practitioner-events of one partition by practitioner, each with its position: calendars as of any position.
struct CalendarHistory {
    /// One event at its place.
    struct Entry {
        let position: Int64
        let version: Int64
        let occurredAt: Instant
        let country: CountryCode
        /// Nil: an operator decided to do without it.
        let event: PractitionerEvent?
    }

    /// A practitioner's calendar at one position, with the place in the bitmaps.
    struct Folded {
        let calendar: PractitionerCalendar
        let number: Int
    }

    /// The last position that the store had given.
    let head: Int64
    /// Of the country asked for, in the order of positions; of somebody with an unreadable event, those before it.
    let entries: [PractitionerID: [Entry]]
    /// The first event of somebody that cannot be read, and nothing was decided about.
    let unreadable: [PractitionerID: QuarantineCause]
    private let zones: ZoneDatabase

    /// Reads a partition in the snapshot of the session's transaction, without the events that are passed over.
    ///
    /// - Throws: `EventStoreError` for a history with holes; `PGError`.
    static func read(
        _ partition: Shard, country: CountryCode?, without kept: KeptOut, zones: ZoneDatabase, on session: PGSession
    ) async throws -> CalendarHistory {
        var found = Collector(kept: kept)
        var position: Int64 = 0
        while true {
            let events = try await EventReader.positions(
                of: partition, after: position, limit: EventReader.limitMax, on: session)
            for event in events where country == nil || event.event.country == country { found.take(event) }
            guard let last = events.last else { break }
            position = last.position
        }
        return CalendarHistory(head: position, entries: found.entries, unreadable: found.unreadable, zones: zones)
    }

    /// Reads what happened to some practitioners of a partition, by index.
    ///
    /// - Parameters:
    ///   - ids: Whose.
    ///   - partition: Theirs.
    ///   - head: The last position that counts.
    ///   - kept: Whose events are passed over.
    ///   - zones: For their calendars.
    ///   - reader: Of the practitioner database.
    /// - Returns: What happened to them, up to `head`.
    /// - Throws: `EventStoreError`; `PGError`.
    static func read(
        of ids: [PractitionerID], _ partition: Shard, upTo head: Int64, without kept: KeptOut, zones: ZoneDatabase,
        _ reader: EventReader
    ) async throws -> CalendarHistory {
        var found = Collector(kept: kept)
        for events in try await Beside.each(ids, { try await reader.events(of: $0, partition, through: head) }) {
            for event in events { found.take(event) }
        }
        return CalendarHistory(head: head, entries: found.entries, unreadable: found.unreadable, zones: zones)
    }

    /// Sorts events by whom they are about.
    private struct Collector {
        let kept: KeptOut
        var entries: [PractitionerID: [Entry]] = [:]
        var unreadable: [PractitionerID: QuarantineCause] = [:]

        init(kept: KeptOut) {
            self.kept = kept
        }

        mutating func take(_ event: PositionedEvent) {
            let id = PractitionerID(high: event.key.high, low: event.key.low)
            if unreadable[id] != nil { return }
            do throws(EventDecodingError) {
                let isSkipped = kept.skips(event.event.metadata.eventID, of: id)
                let content = isSkipped ? nil : try EventCodec.practitionerEvent(event.event.wireType, event.event.data)
                entries[id, default: []].append(
                    Entry(
                        position: event.position, version: event.event.version,
                        occurredAt: event.event.metadata.occurredAt, country: event.event.country, event: content))
            } catch {
                unreadable[id] = QuarantineCause(
                    id, country: event.event.country, topic: .practitionerEvents, position: event.position,
                    eventID: event.event.metadata.eventID, error.type, fault: error.fault)
            }
        }
    }

    /// The calendar with everything up to a position in it; nil before the registration.
    ///
    /// - Throws: `EventStoreError.streamHole`; `ZoneError`.
    func fold(_ id: PractitionerID, upTo position: Int64) throws -> Folded? {
        var fold = CalendarFold(id, zones: zones)
        for entry in entries[id, default: []].prefix(while: { $0.position <= position }) {
            // An event that is done without leaves its version behind, and nothing else.
            let event = entry.event ?? .updated(PractitionerUpdated(practitionerID: id, country: entry.country))
            try fold.take(event, version: entry.version)
        }
        guard let calendar = fold.calendar, let number = fold.number else { return nil }
        return Folded(calendar: calendar, number: number)
    }
}
