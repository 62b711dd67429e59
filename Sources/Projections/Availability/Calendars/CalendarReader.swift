import Domain
import EventStore
import Postgres
import ProjectionRunner

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

    /// What became of a want.
    struct Found: Sendable {
        /// Everything up to the event that cannot be taken in, or all; nil where the country has no such practitioner.
        var place: PractitionerPlace?
        /// Nil where all could be taken in.
        var unreadable: QuarantineCause?
    }

    /// Reads what happened and folds it; an event that cannot be taken in ends the fold of its practitioner, and of
    /// nobody else.
    ///
    /// - Returns: One a want.
    /// - Throws: `PGError`; `EventStoreError.streamHole`.
    func read(_ wants: [Want]) async throws -> [Found] {
        var found = wants.map { Found(place: $0.known) }
        if wants.isEmpty { return found }
        let rows = try await pool.query(
            SQL.readCalendarEvents,
            [
                .textArray(wants.map { $0.country.text }), .textArray(wants.map { StreamName($0.id).text }),
                .intArray(wants.map { $0.known?.calendar.version ?? 0 }),
            ])
        var decoder = try EventDecoder()
        var versions = wants.map { $0.known?.calendar.version ?? 0 }
        for row in 0..<rows.count {
            let index = Int(rows.int(row, 0)) - 1
            let version = rows.int(row, 1)
            guard version == versions[index] + 1 else {
                throw EventStoreError.streamHole(StreamName(wants[index].id), expectedVersion: versions[index] + 1)
            }
            versions[index] = version
            if found[index].unreadable != nil { continue }
            let type = WireType(rows.text(row, 2), dataVersion: Int(rows.int(row, 3)))
            do {
                let event: PractitionerEvent =
                    rows.bool(row, 6)
                    ? .updated(PractitionerUpdated(practitionerID: wants[index].id, country: wants[index].country))
                    : try rows.withBytes(row, 4) { try decoder.practitionerEvent(type, $0) }
                found[index].place = try evolve(found[index].place, event, version: version)
            } catch {
                guard let fault = CalendarFault.text(error) else { throw error }
                let id = rows.uuid(row, 5)
                found[index].unreadable = QuarantineCause(
                    wants[index].id, country: wants[index].country, topic: .practitionerEvents,
                    eventID: EventID(high: id.high, low: id.low), type, fault: fault)
            }
        }
        return found
    }

    private func evolve(
        _ place: PractitionerPlace?, _ event: PractitionerEvent, version: Int64
    ) throws -> PractitionerPlace {
        if var place {
            place.calendar.evolve(event, version: version)
            return place
        }
        guard case .registered(let registered) = event else { throw CalendarFault.notRegistered }
        return PractitionerPlace(
            calendar: try PractitionerCalendar(registered, version: version, zones: zones), number: registered.number)
    }
}

/// Why an event cannot be taken into a calendar.
enum CalendarFault: Error {
    /// It is the first one, and no registration.
    case notRegistered

    /// Why not, in one line; nil for what has nothing to do with the event.
    static func text(_ error: any Error) -> String? {
        switch error {
        case let error as EventDecodingError: error.fault
        case is ZoneError: "its time zone or its slots cannot be used here"
        case CalendarFault.notRegistered: "the registration before it is missing"
        default: nil
        }
    }
}
