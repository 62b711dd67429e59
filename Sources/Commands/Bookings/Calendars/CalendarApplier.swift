package import Domain
import EventStore
package import Observability
package import Postgres

/// Applies changes of practitioners to booking's calendars, exactly in the order of their versions, one a transaction.
///
/// Each change displaces the confirmed bookings that have a slot which was open before it and is not after; what it
/// displaces is decided and stored in the transaction that applies it. Called directly by the practitioner role and
/// again with the event; versions make the second time do nothing.
package struct CalendarApplier: Sendable {
    private let pool: PGPool
    private let codec: CalendarCodec
    private let zones: ZoneDatabase
    private let history: any PractitionerHistory
    private let clock: any WallClock
    private let identifiers: any IdentifierSource
    private let committed: @Sendable () -> Void

    /// Takes what it needs; `committed` is told after every commit, so that the relayer looks at once.
    package init(
        pool: PGPool, zones: ZoneDatabase, history: any PractitionerHistory, clock: any WallClock,
        identifiers: any IdentifierSource, committed: @escaping @Sendable () -> Void
    ) {
        self.pool = pool
        codec = CalendarCodec(zones: zones)
        self.zones = zones
        self.history = history
        self.clock = clock
        self.identifiers = identifiers
        self.committed = committed
    }

    /// Brings a practitioner's calendar at least to the last of `changes`; does nothing if it is there.
    ///
    /// Where `changes` are ahead of the calendar, the versions between are asked of the practitioner role first: the
    /// newest alone would lose what the others did.
    ///
    /// `changes` are consecutive and in order.
    ///
    /// - Throws: `PGError`, what the history throws when it cannot be asked, `CalendarFault`.
    package func apply(_ changes: [PractitionerChange], to key: CalendarKey, trace: Trace) async throws {
        for change in changes {
            switch try await applyOne(change, to: key, trace) {
            case .applied: break
            case .ahead(let version):
                let between = try await history.events(
                    of: key.practitionerID, in: key.country, after: version, upTo: change.version - 1)
                for change in between + [change] {
                    if case .ahead = try await applyOne(change, to: key, trace) { throw CalendarFault.versionMissing }
                }
            }
        }
    }

    /// Takes over a calendar that was folded from the whole stream, where booking's copy is older: a baseline.
    ///
    /// Displaces nothing: a baseline repairs the copy and decides no change.
    /// - Throws: `PGError`.
    package func adopt(_ calendars: [StoredCalendar]) async throws {
        if calendars.isEmpty { return }
        let steps = calendars.sorted { $0.key < $1.key }.map(writeStep)
        _ = try await pool.pipeline([PGStep(.begin)] + steps + [PGStep(.commit)])
    }

    /// Says that calendars wait for an event that cannot be read, or do not any more: while they do, nobody can book
    /// there.
    ///
    /// - Throws: `PGError`.
    package func set(_ keys: [CalendarKey], waits: Bool) async throws {
        if keys.isEmpty { return }
        _ = try await pool.query(
            SQL.setCalendarWaits,
            [.textArray(keys.map(\.country.text)), .uuidArray(keys.map(\.practitionerID.pgUUID)), .bool(waits)])
    }

    private func writeStep(_ stored: StoredCalendar) -> PGStep {
        let key = stored.key
        return PGStep(
            SQL.writeCalendar,
            [
                .text(key.country.text), .uuid(key.practitionerID.high, key.practitionerID.low),
                .int(stored.calendar.version), .bytes(codec.encode(stored)),
            ])
    }

    private enum Progress {
        /// The calendar has the change now, or had it already.
        case applied
        /// The calendar is at this version, and others come before the change.
        case ahead(of: Int64)
    }

    private func applyOne(
        _ change: PractitionerChange, to key: CalendarKey, _ trace: Trace
    ) async throws -> Progress {
        var attempt = 1
        while true {
            do {
                let progress: Progress = try await pool.transaction { session in
                    let stored = try await lock(key, session)
                    let version = stored?.calendar.version ?? 0
                    if change.version <= version { return .applied }
                    if change.version > version + 1 { return .ahead(of: version) }
                    try await write(change, onto: stored, key, trace, session)
                    return .applied
                }
                committed()
                return progress
            } catch let error as PGError where error.isRetryable || error.isUniqueViolation {
                if attempt == BookingTransaction.attemptsMax { throw error }
                attempt += 1
            }
        }
    }

    private func lock(_ key: CalendarKey, _ session: PGSession) async throws -> StoredCalendar? {
        let lock = PGStep(
            SQL.lockCalendars,
            [.textArray([key.country.text]), .uuidArray([key.practitionerID.pgUUID]), .intArray([0])])
        let rows = try await session.pipeline([PGStep(SQL.preferIndexes), lock])[1]
        guard rows.count == 1 else { return nil }
        return try codec.decode(rows.bytes(0, 3), key: key, version: rows.int(0, 2))
    }

    private func write(
        _ change: PractitionerChange, onto stored: StoredCalendar?, _ key: CalendarKey, _ trace: Trace,
        _ session: PGSession
    ) async throws {
        let next = try evolve(stored, change)
        let displaced =
            try await stored.asyncMap {
                try await bookings(displacedFrom: $0, to: next.calendar, session)
            } ?? []
        let events = displacements(of: displaced, by: change, trace)
        var steps = events.isEmpty ? [] : EventAppend(events.map(\.event)).steps
        steps.append(writeStep(next))
        if !events.isEmpty {
            steps.append(
                PGStep(
                    SQL.insertDisplacements,
                    [
                        .text(key.country.text), .uuid(change.id.high, change.id.low),
                        .uuidArray(displaced.map(\.id.pgUUID)),
                    ]))
            steps.append(BookingWrites.updateBookings(events.map(\.booking)))
        }
        _ = try await session.pipeline(steps)
    }

    private func evolve(_ stored: StoredCalendar?, _ change: PractitionerChange) throws -> StoredCalendar {
        if var next = stored {
            next.calendar.evolve(change.event, version: change.version)
            return next
        }
        guard case .registered(let event) = change.event else { throw CalendarFault.versionMissing }
        return StoredCalendar(
            calendar: try PractitionerCalendar(event, version: change.version, zones: zones), number: event.number)
    }

    private func displacements(
        of bookings: [Booking], by change: PractitionerChange, _ trace: Trace
    ) -> [(event: EventToAppend, booking: Booking)] {
        let now = clock.now()
        return bookings.map { booking in
            let event = BookingEvent.displaced(
                BookingDisplaced(
                    bookingID: booking.id, practitionerID: booking.place.practitionerID, patientID: booking.patientID,
                    country: booking.country, slotStart: booking.place.slotStart, localDate: booking.place.localDate,
                    slots: booking.place.slots, cause: change.id))
            let next = booking.evolved(by: event, to: nil, at: now)
            let metadata = EventMetadata(
                eventID: EventID(from: identifiers), occurredAt: now, correlationID: trace.correlationID,
                causationID: change.id.description, actorRole: "system", actorSubject: "calendars",
                traceparent: trace.traceparent, zoneRules: zones.version)
            return (EventToAppend(event, version: next.version, metadata: metadata), next)
        }
    }

    /// The confirmed bookings yet to begin that have a slot which was open and is not any more, in time order.
    private func bookings(
        displacedFrom stored: StoredCalendar, to next: PractitionerCalendar, _ session: PGSession
    ) async throws -> [Booking] {
        var slots = SlotReading()
        let now = clock.now()
        slots.add(stored.key, now..<Instant(microseconds: .max))
        let rows = try await session.query(slots.step.statement, slots.step.parameters)
        var lost: Set<PGUUID> = []
        for row in 0..<rows.count {
            let date = LocalDate(days: rows.date(row, 3))
            let slot = Int(rows.int(row, 4))
            if stored.calendar.open(on: date).contains(slot), !next.open(on: date).contains(slot) {
                lost.insert(rows.uuid(row, 5))
            }
        }
        if lost.isEmpty { return [] }
        let countries: [String?] = Array(repeating: stored.key.country.text, count: lost.count)
        let bookings = try await session.query(
            SQL.readBookings, [.textArray(countries), .uuidArray(lost.map { $0 })])
        return BookingRow.bookings(bookings).filter { $0.place.slotStart >= now }.sorted {
            ($0.place.slotStart, $0.id) < ($1.place.slotStart, $1.id)
        }
    }
}

/// Why changes of a practitioner cannot be applied.
package enum CalendarFault: Error, Hashable, Sendable {
    /// The events do not follow each other, or the first one is no registration.
    case versionMissing
}

extension Optional {
    /// `map` for a transformation that waits.
    fileprivate func asyncMap<T>(_ transform: (Wrapped) async throws -> T) async rethrows -> T? {
        if let self { try await transform(self) } else { nil }
    }
}
