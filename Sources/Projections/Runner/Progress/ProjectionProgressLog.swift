package import Domain
package import EventStore
package import Postgres

/// Says which positions the pages of a partition showed at a moment; see `ProgressJournal` for what a kill leaves open.
///
/// ```swift
/// let shown = try await log.positions(model: "availability", partition: shard, at: instant)
/// ```
package struct ProjectionProgressLog: Sendable {
    private let pool: PGPool

    /// Reads the database that has the component `projections`: the practitioner database.
    package init(_ pool: PGPool) {
        self.pool = pool
    }

    /// What the pages of the epoch that was served at a moment showed; readers follow a swap within 50 ms.
    ///
    /// - Parameters:
    ///   - model: Such as `availability`.
    ///   - partition: Whose pages.
    ///   - moment: When.
    ///   - present: As below; give the checkpoint of the epoch that is served now, with its number.
    /// - Returns: Nil where nothing is known that far back, or nothing yet.
    /// - Throws: `PGError`.
    package func positions(
        model: String, partition: Shard, at moment: Instant,
        present: (epoch: Int64, checkpoint: ProjectionCheckpoint)? = nil
    ) async throws -> ShownPositions? {
        let rows = try await pool.query(SQL.readEpochAt, [.text(model), .timestamp(moment.microseconds)])
        if rows.count == 0 { return nil }
        let epoch = rows.int(0, 0)
        return try await positions(
            model: model, epoch: epoch, partition: partition, at: moment,
            present: present.flatMap { $0.epoch == epoch ? $0.checkpoint : nil })
    }

    /// What the pages of an epoch showed.
    ///
    /// - Parameters:
    ///   - model: Such as `availability`.
    ///   - epoch: Whose pages; another one may have been served.
    ///   - partition: Whose pages.
    ///   - moment: When.
    ///   - present: Where the model stands now, read after `moment`; where nothing was recorded since, an unchanged
    ///     position proves that nothing happened.
    /// - Returns: Nil where nothing is known that far back, or nothing yet.
    /// - Throws: `PGError`.
    package func positions(
        model: String, epoch: Int64, partition: Shard, at moment: Instant, present: ProjectionCheckpoint? = nil
    ) async throws -> ShownPositions? {
        let rows = try await pool.query(
            SQL.readProgress,
            [.text(model), .int2(Int16(partition.number)), .int(epoch), .timestamp(moment.microseconds)])
        let stretches = (0..<rows.count).compactMap { ProgressStretch(rows, $0) }
        guard let covering = stretches.first, covering.coversFrom <= moment else { return nil }
        let after = stretches.count > 1 ? stretches[1].newestAtBegin : present.map { ProgressStretch.Mark(now: $0) }
        return ShownPositions(covering, after: after, at: moment, epoch: epoch)
    }
}

/// Up to where the pages of a partition had taken events in at a moment.
package struct ShownPositions: Hashable, Sendable {
    /// How well it is known.
    package enum Exactness: Hashable, Sendable {
        /// Exactly these positions.
        case exact
        /// At least these, at most those: a batch was being written, or a process died before it could say.
        case between(upToBookings: Int64, upToPractitioners: Int64)
        /// At least these: nothing was recorded since, and where the model stands now was not given.
        case atLeast
    }

    /// Whose pages.
    package let epoch: Int64
    /// Sequence of the last event of booking-events, 0 for none.
    package let bookings: Int64
    /// Sequence of the last event of practitioner-events, 0 for none.
    package let practitioners: Int64
    /// How well it is known.
    package let exactness: Exactness

    /// Judges a moment by the stretch that begins before it and by what is known next.
    init(_ covering: ProgressStretch, after: ProgressStretch.Mark?, at moment: Instant, epoch: Int64) {
        let index = covering.marks.lastIndex { $0.done <= moment } ?? 0
        let shown = covering.marks[index]
        self.epoch = epoch
        bookings = shown.bookings
        practitioners = shown.practitioners
        if index + 1 < covering.marks.count {
            let next = covering.marks[index + 1]
            exactness = next.began <= moment ? .upTo(next, from: shown) : .exact
        } else if moment <= covering.recordedAt {
            exactness = .exact
        } else {
            exactness = after.map { .upTo($0, from: shown) } ?? .atLeast
        }
    }
}

extension ShownPositions.Exactness {
    /// Between two marks; positions only grow, so equal ends leave nothing open.
    fileprivate static func upTo(_ later: ProgressStretch.Mark, from earlier: ProgressStretch.Mark) -> Self {
        if later.bookings == earlier.bookings, later.practitioners == earlier.practitioners { return .exact }
        return .between(upToBookings: later.bookings, upToPractitioners: later.practitioners)
    }
}

extension ProgressStretch.Mark {
    /// Where a model stands now; when it got there is not known.
    fileprivate init(now checkpoint: ProjectionCheckpoint) {
        let zero = Instant(microseconds: 0)
        self.init(
            began: zero, done: zero, bookings: checkpoint[.bookingEvents].sequence,
            practitioners: checkpoint[.practitionerEvents].sequence)
    }
}

extension ProgressStretch {
    /// Reads a row of `read_progress`.
    fileprivate init?(_ rows: PGRows, _ row: Int) {
        let (began, done) = (rows.timestampArrayWithNulls(row, 2), rows.timestampArrayWithNulls(row, 3))
        let (bookings, practitioners) = (rows.intArray(row, 4), rows.intArray(row, 5))
        let marks = bookings.indices.compactMap { index -> Mark? in
            guard let began = began[index], let done = done[index] else { return nil }
            return Mark(
                began: Instant(microseconds: began), done: Instant(microseconds: done), bookings: bookings[index],
                practitioners: practitioners[index])
        }
        self.init(
            from: Instant(microseconds: rows.timestamp(row, 0)), to: Instant(microseconds: rows.timestamp(row, 1)),
            marks)
    }
}
