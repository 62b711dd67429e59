import Domain
import EventStore
import Postgres

/// Folds calendars from the practitioners' streams, many in one statement, each from the version that is known.
struct CalendarReader: Sendable {
    /// One practitioner to look up.
    struct Want: Sendable {
        let id: PractitionerID
        let country: CountryCode
        /// What is known already; only what came after it is read.
        var known: PractitionerPlace?
    }

    private let pool: PGPool
    private let zones: ZoneDatabase

    init(pool: PGPool, zones: ZoneDatabase) {
        self.pool = pool
        self.zones = zones
    }

    /// Reads what happened and folds it.
    ///
    /// - Returns: One place a want, nil where the country has no such practitioner.
    /// - Throws: `PGError`; `EventStoreError.streamHole`; `EventDecodingError`; `ZoneError`.
    func read(_ wants: [Want]) async throws -> [PractitionerPlace?] {
        var places = wants.map(\.known)
        if wants.isEmpty { return places }
        let rows = try await pool.query(
            SQL.readCalendarEvents,
            [
                .textArray(wants.map { $0.country.text }), .textArray(wants.map { StreamName($0.id).text }),
                .intArray(wants.map { $0.known?.calendar.version ?? 0 }),
            ])
        var decoder = try EventDecoder()
        for row in 0..<rows.count {
            let index = Int(rows.int(row, 0)) - 1
            let version = rows.int(row, 1)
            guard version == (places[index]?.calendar.version ?? 0) + 1 else {
                throw EventStoreError.streamHole(
                    StreamName(wants[index].id), expectedVersion: (places[index]?.calendar.version ?? 0) + 1)
            }
            let type = WireType(rows.text(row, 2), dataVersion: Int(rows.int(row, 3)))
            let event = try rows.withBytes(row, 4) { try decoder.practitionerEvent(type, $0) }
            places[index] = try evolve(places[index], event, version: version)
        }
        return places
    }

    private func evolve(
        _ place: PractitionerPlace?, _ event: PractitionerEvent, version: Int64
    ) throws -> PractitionerPlace? {
        if var place {
            place.calendar.evolve(event, version: version)
            return place
        }
        guard case .registered(let registered) = event else {
            throw EventStoreError.streamHole(StreamName(event.practitionerID), expectedVersion: 1)
        }
        return PractitionerPlace(
            calendar: try PractitionerCalendar(registered, version: version, zones: zones), number: registered.number)
    }
}
