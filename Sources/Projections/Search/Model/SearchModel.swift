package import Domain
package import EventStore
package import Observability
package import ProjectionRunner

/// Keeps search documents in step with practitioners' profiles and free slots.
///
/// Profiles come from practitioner-events; free slots from availability-events, newest wins. Availability has no
/// sequence of its own, so a baseline asks `BaselineAvailability` for what is free instead of reading a log.
package struct SearchModel: ProjectionModel {
    package let name = "search"
    package let topics: [Topic] = [.practitionerEvents, .availabilityEvents]

    let engine: any SearchEngine
    let practitioners: PractitionerHistory
    let availability: any BaselineAvailability
    let quarantine: Quarantine
    let clock: any WallClock

    /// Practitioners whose free slots are asked for at once when a partition is built anew.
    private static let askedMax = 1_000

    /// - Parameters:
    ///   - engine: Where the documents go.
    ///   - practitioners: The practitioner database's history: where a baseline finds profiles.
    ///   - availability: Where a baseline finds free slots.
    ///   - clock: For what has passed.
    ///   - log: Told of practitioners who wait.
    package init(
        engine: any SearchEngine, practitioners: PractitionerHistory, availability: any BaselineAvailability,
        clock: any WallClock, log: Log = .silent
    ) {
        self.engine = engine
        self.practitioners = practitioners
        self.availability = availability
        self.clock = clock
        quarantine = Quarantine(
            model: "search", epoch: engine.epoch, pool: practitioners.pool,
            databases: [.practitionerEvents: practitioners.pool], log: log)
    }

    package func checkpoint(of partition: Shard) async throws -> ProjectionCheckpoint? {
        try await quarantine.load(partition)
        return try await engine.checkpoint(of: partition)
    }

    package func apply(_ batch: ProjectionBatch) async throws {
        let (split, changes) = try await read(batch)
        do {
            try await quarantine.keep(split.waiting, batch.partition)
            try await engine.index(changes, partition: batch.partition, checkpoint: batch.checkpoint)
        } catch is SearchDocument.Fault {
            throw ProjectionFault.modelLost
        }
    }

    package func takeBaseline(of partition: Shard, ends: LogEnds) async throws -> ProjectionCheckpoint {
        let baseline = try await baseline(of: partition, ends: ends)
        try await engine.replace(partition, by: baseline.documents, checkpoint: baseline.checkpoint)
        return baseline.checkpoint
    }

    /// What a partition must hold, folded from the store, or from the log if it alone was proved to have everything,
    /// and the served pages; with the checkpoint that belongs to it.
    ///
    /// `pace` is asked before every batch of documents, and may take its time.
    func baseline(
        of partition: Shard, ends: LogEnds, log: LogReader? = nil, pace: () async throws -> Void = {}
    ) async throws -> (documents: [SearchDocument], checkpoint: ProjectionCheckpoint, unreadable: [QuarantineCause]) {
        try await quarantine.load(partition)
        let skips = try await quarantine.readSkips()
        var folded =
            if let log {
                try await PractitionerHistory.fold(log, partition, skips: skips)
            } else {
                try await practitioners.fold(partition, skips: skips)
            }
        try await quarantine.admit(folded.unreadable, partition)
        try await quarantine.settle(partition, unreadable: Set(folded.unreadable.map(\.practitioner)))
        let waiting = quarantine.members(of: partition)
        for start in stride(from: 0, to: folded.documents.count, by: Self.askedMax) {
            try await pace()
            let part = start..<min(start + Self.askedMax, folded.documents.count)
            let known = part.filter { !waiting.contains(folded.documents[$0].key.practitioner) }
            let found = try await availability.free(of: known.map { folded.documents[$0].key })
            let byPractitioner = Dictionary(found.map { ($0.change.practitionerID, $0) }) { $1 }
            for index in known {
                guard let free = byPractitioner[folded.documents[index].key.practitioner] else { continue }
                folded.documents[index].apply(free.change, occurredAt: free.asOf)
            }
        }
        let checkpoint = ProjectionCheckpoint(
            positions: [
                ends.position(in: .practitionerEvents, sequence: folded.sequence),
                ends.position(in: .availabilityEvents, sequence: 0),
            ], asOf: folded.documents.map(\.asOf).max())
        return (folded.documents, checkpoint, folded.unreadable)
    }

    package func tick(_ partition: Shard, _ progress: ProjectionProgress) async throws {
        if let moment = progress.caughtUpAt { try await engine.confirm(partition, caughtUpAt: moment) }
        try await engine.conceal(partition)
        try await reveal(partition, progress.checkpoint)
        try await engine.refresh(partition, now: clock.now())
        try await quarantine.carryOut(partition) { cause, skips in
            try await restore(cause, skips, partition, progress.checkpoint)
        }
    }

    package func released(_ partition: Shard) async { quarantine.forget(partition) }

    package func quarantined(in partition: Shard) -> Int { quarantine.count(of: partition) }

    package func digest(of partition: Shard) async throws -> ModelDigest {
        let today = LocalDate(days: Int32(clamping: clock.now().seconds / 86_400))
        return try await engine.digest(of: partition, from: today)
    }
}

/// Where free slots are found when the log cannot be trusted to have them: the bitmaps, or a fold of the stores by the
/// same availability function.
package protocol BaselineAvailability: Sendable {
    /// What is free now.
    ///
    /// - Parameter keys: Practitioners of one Kafka partition, at most a thousand.
    /// - Returns: All hot days of each practitioner, as of `sources`; one of whom nothing is known is left out and
    ///   counts as unknown until an event says more.
    /// - Throws: Where it cannot be asked; the baseline is tried again.
    func free(of keys: [SearchKey]) async throws -> [BaselineFree]
}

/// The free slots of one practitioner, as an event would have said it.
package struct BaselineFree: Sendable, Hashable {
    /// All hot days; the cause says nothing here.
    package let change: AvailabilityChanged
    /// When the newest event that went in happened.
    package let asOf: Instant

    /// Free slots and their age.
    package init(_ change: AvailabilityChanged, asOf: Instant) {
        self.change = change
        self.asOf = asOf
    }
}
