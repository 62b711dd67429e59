package import Domain
package import EventStore
package import ProjectionRunner

/// What was free at a moment, in two senses: by everything that had been recorded, and by what the pages had taken in.
package struct AvailabilityAsOf: Sendable {
    /// How the page of a day answered at that moment.
    package enum Shown: Hashable, Sendable {
        /// From a bitmap that had taken in exactly so much.
        case page(SlotMask)
        /// Not from a bitmap: days that are too far off for one are computed from the database when they are asked for.
        case computed(SlotMask)
        /// The practitioner's events waited in quarantine: callers were told `unknown`.
        case quarantined
        /// Nobody recorded enough to say; it is not guessed.
        case unknown
    }

    /// One grid day.
    package struct Day: Sendable {
        /// The date on which it starts.
        package let date: LocalDate
        /// The starts that were free by everything recorded until then.
        package let wasTrue: SlotMask
        /// The starts that a caller was shown.
        package let wasShown: Shown
        /// The events that one of the two had taken in and the other had not, in the order of time.
        package let explainedBy: [AuditEvent]
    }

    /// Whose slots.
    package let practitionerID: PractitionerID
    /// The practice's IANA zone.
    package let timeZone: String
    /// The moment.
    package let moment: Instant
    /// What the served pages had taken in then; nil: not known.
    package let shown: ShownPositions?
    /// In order.
    package let days: [Day]
}

/// Answers what was free, and what was shown as free, at moments of the past.
package struct AvailabilityHistory: Sendable {
    /// Where the served pages stand now: where nothing was recorded since, an unchanged position proves that nothing
    /// happened.
    package typealias Present = @Sendable (Shard) async throws -> (epoch: Int64, checkpoint: ProjectionCheckpoint)?

    /// Grid days of one question, at most.
    package static let daysMax = 31
    private static let model = "availability"
    /// Events may carry a later time than the page that had taken them in, by the clocks of two machines.
    private static let clockSlackSeconds: Int64 = 60

    private let reader: AuditReader
    private let progress: ProjectionProgressLog
    private let quarantine: QuarantineHistory
    private let present: Present
    private let zones: ZoneDatabase
    private let countries: [CountryCode: Country]

    /// Takes the histories, the record of what the pages had taken in, and the countries' rules.
    ///
    /// - Parameters:
    ///   - reader: Of the three histories.
    ///   - progress: Of the practitioner database.
    ///   - quarantine: Of the same.
    ///   - present: Where the served pages stand now; nil where they cannot be asked.
    ///   - zones: Time zones.
    ///   - countries: Their notice and horizon, as they are now: these rules are configuration, which has no history.
    package init(
        reader: AuditReader, progress: ProjectionProgressLog, quarantine: QuarantineHistory,
        present: @escaping Present, zones: ZoneDatabase, countries: [CountryCode: Country]
    ) {
        self.reader = reader
        self.progress = progress
        self.quarantine = quarantine
        self.present = present
        self.zones = zones
        self.countries = countries
    }

    /// The free starts of some grid days at a moment.
    ///
    /// - Parameters:
    ///   - id: Whose.
    ///   - country: Where the practitioner is; one of another country is not seen.
    ///   - moment: When; what was recorded in this very microsecond is in.
    ///   - from: The first grid day; nil: the one that was today then.
    ///   - days: 1...`daysMax`.
    /// - Returns: Nil where there was no such practitioner then.
    /// - Throws: `AuditError`; `EventStoreError`; `EventDecodingError`; `PGError`.
    package func availability(
        of id: PractitionerID, in country: CountryCode, at moment: Instant, from: LocalDate? = nil, days: Int
    ) async throws -> AvailabilityAsOf? {
        guard let rules = countries[country] else { return nil }
        let utc = LocalDate(days: Int32(clamping: moment.seconds / 86_400))
        let filter = AuditFilter(
            country: country, to: moment.adding(seconds: Self.clockSlackSeconds),
            relevantSince: min(from ?? utc, utc).adding(days: -2))
        let pages = try await pages(of: id, at: moment)
        let past = try PractitionerPast(
            id, try await reader.all(.practitioner(id), filter), skipped: pages?.skipped ?? [], zones: zones)
        let isTrue: (AuditEvent) -> Bool = { $0.event.recordedAt <= moment }
        guard let calendar = try past.calendar(upTo: isTrue) else { return nil }
        let window = BookingWindow(now: moment, country: rules, grid: calendar.grid)
        let first = from ?? window.today
        let answer = try (0..<min(max(days, 1), Self.daysMax)).map { offset in
            let date = first.adding(days: offset)
            let wasTrue = Availability.freeStarts(
                calendar, on: date, booked: past.booked(on: date, isTrue), window: window)
            let held = try held(past, on: date, pages, window, wasTrue)
            return try day(past, date, wasTrue, held, pages, isTrue)
        }
        return AvailabilityAsOf(
            practitionerID: id, timeZone: calendar.grid.zone, moment: moment, shown: pages?.shown, days: answer)
    }

    /// What the served pages had taken in of a practitioner's events; nil where nobody recorded it.
    private func pages(of id: PractitionerID, at moment: Instant) async throws -> Pages? {
        let shard = RecordKey(id).shard
        let shown = try await progress.positions(
            model: Self.model, partition: shard, at: moment, present: try await present(shard))
        guard let shown else { return nil }
        let standing = try await quarantine.standing(of: id, model: Self.model, epoch: shown.epoch, at: moment)
        return Pages(key: RecordKey(id), shown: shown, waited: standing.waited, skipped: standing.skipped)
    }

    /// What a caller was shown of a day.
    private func held(
        _ past: PractitionerPast, on date: LocalDate, _ pages: Pages?, _ window: BookingWindow, _ wasTrue: SlotMask
    ) throws -> AvailabilityAsOf.Shown {
        if date > window.today.adding(days: PageLayout.hotDays - 1) { return .computed(wasTrue) }
        guard let pages else { return .unknown }
        if pages.waited { return .quarantined }
        switch pages.shown.exactness {
        case .exact: break
        // A page may have shown any part of what came in between; only where that is nothing is it known.
        case .between where past.touches(date, pages.mayHaveTaken): return .unknown
        case .between: break
        case .atLeast: return .unknown
        }
        guard let calendar = try past.calendar(upTo: pages.reach, without: pages.skipped) else {
            return .page(.empty)
        }
        return .page(
            Availability.freeStarts(
                calendar, on: date, booked: past.booked(on: date, pages.hadTaken), window: window))
    }

    private func day(
        _ past: PractitionerPast, _ date: LocalDate, _ wasTrue: SlotMask, _ held: AvailabilityAsOf.Shown,
        _ pages: Pages?, _ isTrue: (AuditEvent) -> Bool
    ) throws -> AvailabilityAsOf.Day {
        var causes: [AuditEvent] = []
        if case .page(let page) = held, page != wasTrue, let pages {
            let differing = page.subtracting(wasTrue).union(wasTrue.subtracting(page))
            causes = try past.between(isTrue, pages.hadTaken, on: date, differing)
        }
        return AvailabilityAsOf.Day(date: date, wasTrue: wasTrue, wasShown: held, explainedBy: causes)
    }
}

/// What pages had taken in of one practitioner's events.
private struct Pages {
    let key: RecordKey
    let shown: ShownPositions
    /// In quarantine: callers were told `unknown`.
    let waited: Bool
    /// What an operator had decided to do without.
    let skipped: Set<EventID>

    /// Whether the pages had come as far as this event.
    func reach(_ event: AuditEvent) -> Bool {
        isWithin(event, bookings: shown.bookings, practitioners: shown.practitioners)
    }

    /// Whether this event was in them.
    func hadTaken(_ event: AuditEvent) -> Bool {
        reach(event) && !skipped.contains(event.event.metadata.eventID)
    }

    /// Whether it is not known that this event was in them, nor that it was not.
    func mayHaveTaken(_ event: AuditEvent) -> Bool {
        guard case .between(let bookings, let practitioners) = shown.exactness else { return false }
        return isWithin(event, bookings: bookings, practitioners: practitioners) && !reach(event)
    }

    private func isWithin(_ event: AuditEvent, bookings: Int64, practitioners: Int64) -> Bool {
        guard let position = event.position(of: key) else { return false }
        return position <= (event.database == .booking ? bookings : practitioners)
    }
}

extension PractitionerPast {
    /// Whether one of these events says something about a day.
    fileprivate func touches(_ date: LocalDate, _ isMeant: (AuditEvent) -> Bool) -> Bool {
        openings.contains { isMeant($0.source) }
            || visits.contains { visit in isMeant(visit.source) && visit.changes.contains { $0.date == date } }
    }
}
