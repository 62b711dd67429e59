package import Domain
package import EventStore
package import Observability
package import Postgres
import Synchronization

/// Records when which positions went into the pages, so that auditors can be told what a page showed at a moment.
///
/// Noting costs a lock. Writing is a task of its own, begun by the lane's tick, one row a partition where something was
/// applied since the last one; a database that is slow or away delays no batch. What cannot be written is tried again
/// at every tick, and kept up to a bound; beyond it the oldest goes, which `projection_progress_dropped_total` says and
/// which the log shows as a gap, never as a stretch in which nothing happened.
///
/// **What is known of the second in which a process was killed.** Marks that were not written died with it, at most
/// those since the last tick. Its last row ends at that tick, and the row of whoever comes next begins with the
/// checkpoint that it found. Pages may have been ahead of that by one unfinished batch, which comes again: so the first
/// batch of a new life counts as shown since the life began, unless the log was read to its end before. Between two
/// rows the positions lie between those ends: exact where they are equal, as no position ever goes back; otherwise a
/// range, which `ProjectionProgressLog` answers as such and auditors must repeat.
package final class ProgressJournal: Sendable {
    /// How long rows are kept.
    package static let keptSeconds: Int64 = 400 * 86_400
    /// Stretches that wait to be written, at most: ten minutes of ticks of six partitions.
    private static let pendingMax = 3_600
    /// Marks of one stretch, at most; more are written as several rows.
    private static let marksMax = 2_000
    private static let pruneInterval: Int64 = 3_600
    private static let pruneBatch: Int64 = 5_000

    /// Whose progress it is.
    private struct Place: Hashable {
        let model: String
        let epoch: Int64
        let partition: Shard
    }

    private struct State {
        var open: [Place: ProgressStretch] = [:]
        /// Those whose pages may be ahead of what their stretch began with.
        var unsettled: Set<Place> = []
        var pending: [(place: Place, stretch: ProgressStretch)] = []
        var prunedAt: [Place: Instant] = [:]
        /// Whoever writes what waits, until nothing does or the database is away.
        var writer: Task<Void, Never>?
    }

    private let pool: PGPool
    private let clock: any WallClock
    private let log: Log
    private let dropped: Counter?
    private let state = Mutex(State())

    /// Writes into the database that has the component `projections`.
    ///
    /// - Parameters:
    ///   - pool: The practitioner database.
    ///   - clock: The wall clock of this process; moments of several processes are as comparable as their clocks.
    ///   - log: Told once a failure.
    ///   - metrics: Nil where nobody looks.
    package init(pool: PGPool, clock: any WallClock, log: Log = .silent, metrics: Metrics? = nil) {
        self.pool = pool
        self.clock = clock
        self.log = log
        dropped = metrics?.counter(
            "projection_progress_dropped_total", "Stretches of a projection's progress that could not be recorded.")
    }

    /// Somebody begins, or begins anew, with these positions in the pages.
    ///
    /// - Parameters:
    ///   - model: Such as `availability`.
    ///   - epoch: Whose pages.
    ///   - partition: Whose, too.
    ///   - checkpoint: Where the pages stand.
    ///   - isExact: False where a batch may have been left unfinished in the pages.
    package func begin(
        _ model: String, epoch: Int64, _ partition: Shard, at checkpoint: ProjectionCheckpoint, isExact: Bool
    ) {
        let place = Place(model: model, epoch: epoch, partition: partition)
        let now = clock.now()
        state.withLock { state in
            if let open = state.open[place], open.marks.count > 1 { Self.close(open, of: place, at: now, &state) }
            state.open[place] = ProgressStretch(
                from: now, checkpoint[.bookingEvents].sequence, checkpoint[.practitionerEvents].sequence)
            if isExact { state.unsettled.remove(place) } else { state.unsettled.insert(place) }
        }
    }

    /// The pages show everything up to `checkpoint` now, and may have shown it since `began`.
    package func note(
        _ model: String, epoch: Int64, _ partition: Shard, _ checkpoint: ProjectionCheckpoint, since began: Instant
    ) {
        let place = Place(model: model, epoch: epoch, partition: partition)
        let now = clock.now()
        state.withLock { state in
            guard let begin = state.open[place]?.coversFrom else { return }
            let isUnsettled = state.unsettled.remove(place) != nil
            state.open[place]?.add(
                ProgressStretch.Mark(
                    began: isUnsettled ? begin : began, done: now, bookings: checkpoint[.bookingEvents].sequence,
                    practitioners: checkpoint[.practitionerEvents].sequence))
            guard let open = state.open[place], open.marks.count >= Self.marksMax else { return }
            Self.close(open, of: place, at: open.last.done, &state)
        }
    }

    /// Has everything that was noted written, without waiting for it.
    ///
    /// - Parameters:
    ///   - model: Such as `availability`.
    ///   - epoch: Whose pages.
    ///   - partition: Whose, too.
    ///   - hasAll: Whether the log was read to its end, so that nothing unfinished is left in the pages.
    package func flush(_ model: String, epoch: Int64, _ partition: Shard, hasAll: Bool) {
        let place = Place(model: model, epoch: epoch, partition: partition)
        let now = clock.now()
        state.withLock { state in
            if hasAll { state.unsettled.remove(place) }
            if let open = state.open[place], open.marks.count > 1 { Self.close(open, of: place, at: now, &state) }
            if !state.pending.isEmpty { _ = startWriter(&state) }
        }
    }

    /// The partition is somebody else's now; waits until what was noted is written, or cannot be.
    package func end(_ model: String, epoch: Int64, _ partition: Shard) async {
        let place = Place(model: model, epoch: epoch, partition: partition)
        let now = clock.now()
        let writer = state.withLock { state in
            if let open = state.open[place], open.marks.count > 1 { Self.close(open, of: place, at: now, &state) }
            state.open[place] = nil
            return startWriter(&state)
        }
        await writer.value
    }

    /// Whoever writes already, and takes what has just been added, too; otherwise somebody new.
    private func startWriter(_ state: inout State) -> Task<Void, Never> {
        if let writer = state.writer { return writer }
        let writer = Task { await self.write() }
        state.writer = writer
        return writer
    }

    /// Moves a stretch to those that wait, and lets the next one begin where it ends.
    private static func close(_ open: ProgressStretch, of place: Place, at moment: Instant, _ state: inout State) {
        var closed = open
        closed.recordedAt = max(moment, open.last.done)
        state.pending.append((place, closed))
        state.open[place] = ProgressStretch(
            from: closed.recordedAt, closed.last.bookings, closed.last.practitioners)
    }

    private func write() async {
        while let (place, stretch) = next() {
            do {
                _ = try await pool.query(SQL.insertProgress, stretch.row(place.model, place.epoch, place.partition))
                state.withLock { state in
                    if state.pending.first?.stretch == stretch { state.pending.removeFirst() }
                }
                try await prune(place)
            } catch {
                log.warning("what the pages showed was not recorded yet", [.error: .error(error)])
                state.withLock { $0.writer = nil }
                return
            }
        }
    }

    /// The oldest stretch that waits; nil, and the end of writing, where none does.
    private func next() -> (Place, ProgressStretch)? {
        let (next, lost) = state.withLock { state -> ((Place, ProgressStretch)?, Int) in
            let lost = max(0, state.pending.count - Self.pendingMax)
            state.pending.removeFirst(lost)
            if state.pending.isEmpty { state.writer = nil }
            return (state.pending.first.map { ($0.place, $0.stretch) }, lost)
        }
        if lost > 0 { dropped?.increment(by: lost) }
        return next
    }

    private func prune(_ place: Place) async throws {
        let now = clock.now()
        let isDue = state.withLock { state in
            if let last = state.prunedAt[place], last.adding(seconds: Self.pruneInterval) > now { return false }
            state.prunedAt[place] = now
            return true
        }
        guard isDue else { return }
        _ = try await pool.query(
            SQL.pruneProgress,
            [
                .text(place.model), .int2(Int16(place.partition.number)),
                .timestamp(now.adding(seconds: -Self.keptSeconds).microseconds), .int(Self.pruneBatch),
            ])
    }
}

extension ProgressStretch {
    /// The parameters of `insert_progress`.
    fileprivate func row(_ model: String, _ epoch: Int64, _ partition: Shard) -> [PGValue] {
        [
            .text(model), .int2(Int16(partition.number)), .timestamp(coversFrom.microseconds), .int(epoch),
            .timestamp(recordedAt.microseconds), .timestampArray(marks.map(\.began.microseconds)),
            .timestampArray(marks.map(\.done.microseconds)), .intArray(marks.map(\.bookings)),
            .intArray(marks.map(\.practitioners)),
        ]
    }
}
