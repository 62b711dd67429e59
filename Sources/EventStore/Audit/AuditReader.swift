import Domain
package import Postgres

/// Answers auditors out of the three histories, in the order of time, page by page, read only.
///
/// What belongs to an answer is settled with its first page; see `AuditCursor`. A subject is found by an index, however
/// large the history is; everything in a stretch of time is read in windows that grow until a page is full.
package struct AuditReader: Sendable {
    /// Events of one page, at most.
    package static let limitMax = 10_000

    /// Beyond this age a row is there for sure: no transaction is open for so long.
    private static let longAgoSeconds: Int64 = 7 * 86_400
    /// The first window of a stretch of time, and the longest; each is four times as long as the one before.
    private static let windowMicroseconds: (first: Int64, last: Int64, growth: Int64) = (
        1_000_000, 7 * 86_400_000_000, 4
    )
    /// Clocks may have been set back by so much since the first event.
    private static let clockSlackSeconds: Int64 = 3_600

    private let pools: [AuditDatabase: PGPool]

    /// Reads through pools of the three databases; the role `event_reader` may do all of this.
    package init(booking: PGPool, practitioner: PGPool, patient: PGPool) {
        pools = [.booking: booking, .practitioner: practitioner, .patient: patient]
    }

    /// Reads one page.
    ///
    /// - Parameters:
    ///   - subject: What it is about.
    ///   - filter: Which of its events; the same for every page of an answer.
    ///   - limit: 1...`limitMax`.
    ///   - cursor: Where the page before ended; nil: the first page.
    /// - Returns: The next events in the order of time.
    /// - Throws: `AuditError`; `EventStoreError` where a row is damaged; `CancellationError`.
    package func page(
        _ subject: AuditSubject, _ filter: AuditFilter, limit: Int, after cursor: AuditCursor? = nil
    ) async throws -> AuditPage {
        let limit = min(max(limit, 1), Self.limitMax)
        let bounds = try await settle(subject, cursor)
        var events: [AuditEvent] = []
        if subject == .everything {
            events = try await sweep(filter, limit, bounds, cursor?.mark)
        } else {
            for database in subject.databases {
                events += try await read(subject, filter, limit + 1, database, bounds, cursor?.mark)
            }
        }
        events.sort { $0.mark < $1.mark }
        let isMore = events.count > limit
        events.removeLast(max(0, events.count - limit))
        let next = isMore ? events.last.map { AuditCursor(bounds: bounds, mark: $0.mark) } : nil
        let asOf = subject.databases.compactMap { bounds[$0]?.at }.min() ?? Instant(microseconds: 0)
        return AuditPage(events: events, next: next, asOf: asOf)
    }

    /// Reads a whole answer, for subjects that are small.
    ///
    /// - Throws: As `page`.
    package func all(_ subject: AuditSubject, _ filter: AuditFilter) async throws -> [AuditEvent] {
        var events: [AuditEvent] = []
        var cursor: AuditCursor?
        repeat {
            let page = try await page(subject, filter, limit: Self.limitMax, after: cursor)
            events += page.events
            cursor = page.next
        } while cursor != nil
        return events
    }

    /// The bounds of the cursor, or new ones.
    private func settle(
        _ subject: AuditSubject, _ cursor: AuditCursor?
    ) async throws -> [AuditDatabase: AuditCursor.Bound] {
        if let cursor {
            guard Set(cursor.bounds.keys) == Set(subject.databases) else { throw AuditError.badCursor }
            return cursor.bounds
        }
        var bounds: [AuditDatabase: AuditCursor.Bound] = [:]
        for database in subject.databases {
            let rows = try await query(database, SQL.readAuditBound, [])
            bounds[database] = AuditCursor.Bound(
                snapshot: AuditCursor.shortened(rows.text(0, 0)), at: Instant(microseconds: rows.timestamp(0, 1)),
                firstRecordedAt: rows.timestampOrNil(0, 2).map { Instant(microseconds: $0) })
        }
        return bounds
    }

    /// Reads a stretch of time in windows, all databases beside each other, until there is more than a page.
    private func sweep(
        _ filter: AuditFilter, _ limit: Int, _ bounds: [AuditDatabase: AuditCursor.Bound], _ mark: AuditCursor.Mark?
    ) async throws -> [AuditEvent] {
        let first = bounds.values.compactMap(\.firstRecordedAt).min()?.adding(seconds: -Self.clockSlackSeconds)
        guard let first, let newest = bounds.values.map(\.at).max() else { return [] }
        var window = filter
        var from = [first, filter.from, mark?.recordedAt].compactMap { $0 }.max() ?? first
        var length = Self.windowMicroseconds.first
        var events: [AuditEvent] = []
        while events.count <= limit {
            let end = Instant(microseconds: from.microseconds + length)
            let isLast = end > newest || filter.to.map { end >= $0 } ?? false
            window.from = from
            window.to = isLast ? filter.to : end  // clocks that were set back: the last window has no end of its own
            let part = window
            async let booking = read(.everything, part, limit + 1, .booking, bounds, mark)
            async let practitioner = read(.everything, part, limit + 1, .practitioner, bounds, mark)
            async let patient = read(.everything, part, limit + 1, .patient, bounds, mark)
            events += try await booking + practitioner + patient
            if isLast { break }
            from = end
            length = min(length * Self.windowMicroseconds.growth, Self.windowMicroseconds.last)
        }
        return events
    }

    private func read(
        _ subject: AuditSubject, _ filter: AuditFilter, _ limit: Int, _ database: AuditDatabase,
        _ bounds: [AuditDatabase: AuditCursor.Bound], _ mark: AuditCursor.Mark?
    ) async throws -> [AuditEvent] {
        guard let bound = bounds[database] else { throw AuditError.badCursor }
        let (statement, parameter) = Self.statement(subject, database)
        let after = mark?.last(in: database) ?? (recordedAt: Self.never, number: -1)
        let rows = try await query(
            database, statement,
            [
                parameter, filter.country.map { .text($0.text) } ?? .null,
                .timestamp((filter.from ?? Self.never).microseconds),
                .timestamp((filter.to ?? Self.forEver).microseconds),
                filter.types.isEmpty ? .null : .textArray(filter.types),
                filter.actorRole.map { .text($0) } ?? .null, filter.actorSubject.map { .text($0) } ?? .null,
                .timestamp(after.recordedAt.microseconds), .int(after.number),
                .timestamp(bound.at.adding(seconds: -Self.longAgoSeconds).microseconds), .text(bound.snapshot),
                .int(Int64(limit)), filter.relevantSince.map { .date($0.days) } ?? .null,
            ])
        return try (0..<rows.count).map { try AuditEvent(database, rows, $0) }
    }

    /// Before everything that was ever recorded: the year 1900.
    private static let never = Instant(seconds: -2_208_988_800)
    /// After everything: the year 9999.
    private static let forEver = Instant(seconds: 253_370_764_800)

    private static func statement(_ subject: AuditSubject, _ database: AuditDatabase) -> (SQLStatement, PGValue) {
        switch (subject, database) {
        case (.booking(let id), _): (SQL.auditStream, .text(StreamName(id).text))
        case (.practitioner(let id), .booking): (SQL.auditKey, .uuid(id.high, id.low))
        case (.practitioner(let id), _): (SQL.auditStream, .text(StreamName(id).text))
        case (.patient(let id), .booking): (SQL.auditPatient, .uuid(id.high, id.low))
        case (.patient(let id), _): (SQL.auditStream, .text(StreamName(id).text))
        case (.event(let id), _): (SQL.auditEvent, .uuid(id.high, id.low))
        case (.everything, _): (SQL.auditTime, .null)
        }
    }

    private func query(
        _ database: AuditDatabase, _ statement: SQLStatement, _ parameters: [PGValue]
    ) async throws -> PGRows {
        guard let pool = pools[database] else { preconditionFailure("every database has a pool") }
        do {
            let results = try await pool.pipeline([
                PGStep(.begin), PGStep(.planAnew), PGStep(statement, parameters), PGStep(.commit),
            ])
            return results[2]
        } catch let error as PGError {
            throw AuditError.unavailable(database, reason: "\(error)")
        }
    }
}

extension AuditEvent {
    /// Reads a row of an `audit_…` statement.
    fileprivate init(_ database: AuditDatabase, _ rows: PGRows, _ row: Int) throws(EventStoreError) {
        let event = try StoredEvent(rows, row)
        var places = [Place(shard: Shard(Int(rows.int(row, Column.shard))), position: rows.intOrNil(row, 20))]
        if let second = rows.intOrNil(row, Column.secondShard) {
            places.append(Place(shard: Shard(Int(second)), position: rows.intOrNil(row, 21)))
        }
        self.init(database: database, event: event, places: places)
    }
}
