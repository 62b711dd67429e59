package import Domain
package import Postgres

/// Computes the days that have no bitmap from booking's calendars, by the same availability function.
package struct ColdAvailability: Sendable {
    private let pool: PGPool
    private let codec: CalendarCodec
    private let cache: CalendarCache

    /// Shares the cache with the writer, so that a calendar is parsed once.
    package init(pool: PGPool, zones: ZoneDatabase, cache: CalendarCache) {
        self.pool = pool
        codec = CalendarCodec(zones: zones)
        self.cache = cache
    }

    /// Open and not booked, for grid days of one practitioner.
    package struct Days: Hashable, Sendable {
        /// The version of the practitioner's stream that the answer reflects.
        package var calendarVersion: Int64
        /// One mask a day, in the order of the dates; the clock is not looked at.
        package var free: [SlotMask]

        /// Joins them.
        package init(calendarVersion: Int64, free: [SlotMask]) {
            self.calendarVersion = calendarVersion
            self.free = free
        }
    }

    /// The free slots of `count` (at least 1) grid days from `first` on.
    ///
    /// - Returns: Nil where booking knows no such practitioner, or the calendar waits for an event that cannot be read.
    /// - Throws: `PGError` when the database cannot be asked.
    package func days(
        of practitioner: PractitionerID, in country: CountryCode, from first: LocalDate, count: Int
    ) async throws -> Days? {
        let key = CalendarKey(country: country, practitionerID: practitioner)
        guard let stored = try await calendar(key) else { return nil }
        let booked = try await booked(key, stored.calendar.grid, from: first, count: count)
        let free = (0..<count).map { offset in
            let date = first.adding(days: offset)
            return Availability.free(stored.calendar, on: date, booked: booked[date] ?? .empty)
        }
        return Days(calendarVersion: stored.calendar.version, free: free)
    }

    private func calendar(_ key: CalendarKey) async throws -> StoredCalendar? {
        let known = cache.calendar(key)
        let rows = try await pool.queryByIndex(
            SQL.readCalendars,
            [
                .textArray([key.country.text]), .uuidArray([key.practitionerID.pgUUID]),
                .intArray([known?.calendar.version ?? 0]),
            ])
        guard rows.count == 1, !rows.bool(0, 4) else { return nil }
        guard let content = rows.bytesOrNil(0, 3) else { return known }
        let calendar = try codec.decode(content, key: key, version: rows.int(0, 2))
        cache.store(calendar)
        return calendar
    }

    private func booked(
        _ key: CalendarKey, _ grid: SlotGrid, from first: LocalDate, count: Int
    ) async throws -> [LocalDate: SlotMask] {
        // A day's slots begin within the day and the night after it, in whatever zone: two days around hold them all.
        let start = Instant(microseconds: first.adding(days: -1).midnight.seconds * 1_000_000)
        let end = Instant(microseconds: first.adding(days: count + 2).midnight.seconds * 1_000_000)
        var slots = SlotReading()
        slots.add(key, start..<end)
        let rows = try await pool.queryByIndex(slots.step.statement, slots.step.parameters)
        var booked: [LocalDate: SlotMask] = [:]
        for row in 0..<rows.count {
            let date = LocalDate(days: rows.date(row, 3))
            let slot = SlotMask(first: Int(rows.int(row, 4)), count: 1)
            booked[date] = (booked[date] ?? .empty).union(slot)
        }
        return booked
    }
}
