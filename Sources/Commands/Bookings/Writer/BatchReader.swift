import Domain
import EventStore
import Postgres

/// Reads what a batch is decided from, in one round trip that begins the transaction and takes its locks.
struct BatchReader: Sendable {
    let codec: CalendarCodec
    let cache: CalendarCache

    /// What was read under the locks.
    struct Facts: Sendable {
        var state = BatchState()
        /// What is stored under the keys of the batch, in the order of its commands.
        var answers: [KnownAnswer]
        /// The head rows were not locked: only refusals may come of it.
        var isUnlocked: Bool
    }

    /// The bookings that commands are about, before any lock: they say which calendars to lock.
    func existingBookings(of batch: [PendingBooking], _ pool: PGPool) async throws -> [BookingID: Booking] {
        guard let step = readBookings(of: batch) else { return [:] }
        let bookings = BookingRow.bookings(try await pool.queryByIndex(step.statement, step.parameters))
        return Dictionary(bookings.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func read(
        _ batch: [PendingBooking], _ existing: [BookingID: Booking], _ session: PGSession
    ) async throws -> Facts {
        let isUnlocked = batch.allSatisfy(\.facts.slotLooksTaken)
        let slots = slotsToRead(batch, existing)
        let keys = batch.map(\.request.idempotency)
        var steps = [
            PGStep(.begin), PGStep(SQL.preferIndexes), calendars(of: batch, existing, locking: !isUnlocked),
            IdempotencyStore.lookup(keys), slots.step,
        ]
        if let step = readBookings(of: batch) { steps.append(step) }
        let results = try await session.pipeline(steps)

        var facts = Facts(answers: IdempotencyStore.answers(to: keys, results[3]), isUnlocked: isUnlocked)
        for (calendar, waits) in try parseCalendars(results[2]) {
            facts.state.calendars[calendar.key] = calendar
            if waits { facts.state.waiting.insert(calendar.key) }
        }
        slots.learn(results[4], into: &facts.state)
        if results.count > 5 {
            for booking in BookingRow.bookings(results[5]) { facts.state.bookings[booking.id] = booking }
        }
        return facts
    }

    private func readBookings(of batch: [PendingBooking]) -> PGStep? {
        let wanted = batch.compactMap { pending in
            pending.request.command.existingBooking.map { (pending.request.country.code.text, $0.pgUUID) }
        }
        if wanted.isEmpty { return nil }
        return PGStep(SQL.readBookings, [.textArray(wanted.map(\.0)), .uuidArray(wanted.map(\.1))])
    }

    /// The head rows that a command touches: where the booking is, and where it is to go.
    private func keys(_ request: BookingRequest, _ existing: [BookingID: Booking]) -> [CalendarKey] {
        let practitioners: [PractitionerID?] =
            switch request.command {
            case .create(let create): [create.practitionerID]
            case .cancel(let cancel): [existing[cancel.bookingID]?.place.practitionerID]
            case .reschedule(let move): [existing[move.bookingID]?.place.practitionerID, move.practitionerID]
            }
        return practitioners.compactMap { $0 }.map {
            CalendarKey(country: request.country.code, practitionerID: $0)
        }
    }

    private func calendars(
        of batch: [PendingBooking], _ existing: [BookingID: Booking], locking: Bool
    ) -> PGStep {
        let wanted = Set(batch.flatMap { keys($0.request, existing) }).sorted()
        let known = wanted.map { cache.calendar($0)?.calendar.version ?? 0 }
        return PGStep(
            locking ? SQL.lockCalendars : SQL.readCalendars,
            [
                .textArray(wanted.map(\.country.text)), .uuidArray(wanted.map(\.practitionerID.pgUUID)),
                .intArray(known),
            ])
    }

    private func slotsToRead(_ batch: [PendingBooking], _ existing: [BookingID: Booking]) -> SlotReading {
        var reading = SlotReading()
        for pending in batch {
            let keys = keys(pending.request, existing)
            switch pending.request.command {
            case .create(let create):
                let minutes = visitMinutes(keys.last, type: create.consultationType)
                if let key = keys.last { reading.add(key, visitAt: create.slotStart.instant, minutes: minutes) }
            case .reschedule(let move):
                let type = existing[move.bookingID]?.consultationType
                let minutes = type.flatMap { visitMinutes(keys.last, type: $0) }
                if let key = keys.last { reading.add(key, visitAt: move.slotStart.instant, minutes: minutes) }
            case .cancel: break
            }
        }
        return reading
    }

    /// How long a visit of one slot is by the cached calendar; nil where its slots may be anywhere in the day.
    private func visitMinutes(_ key: CalendarKey?, type: String) -> Int? {
        guard let calendar = key.flatMap(cache.calendar)?.calendar, let type = calendar.consultationType(type) else {
            return nil
        }
        return type.slots == 1 ? calendar.grid.slotMinutes : nil
    }

    private func parseCalendars(_ rows: PGRows) throws -> [(StoredCalendar, waits: Bool)] {
        try (0..<rows.count).compactMap { row in
            guard let country = CountryCode(rows.text(row, 0)) else { return nil }
            let key = CalendarKey(country: country, practitionerID: PractitionerID(rows.uuid(row, 1)))
            let version = rows.int(row, 2)
            if let content = rows.bytesOrNil(row, 3) {
                let calendar = try codec.decode(content, key: key, version: version)
                cache.store(calendar)
                return (calendar, rows.bool(row, 4))
            }
            guard let cached = cache.calendar(key), cached.calendar.version == version else {
                throw CalendarCache.Emptied()
            }
            return (cached, rows.bool(row, 4))
        }
    }
}
