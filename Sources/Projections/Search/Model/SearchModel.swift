package import Domain
package import EventStore
package import ProjectionRunner

/// Keeps search documents in step with practitioners' profiles and free slots.
///
/// Profiles come from practitioner-events; free slots from availability-events, newest wins. Availability has no
/// sequence of its own, so a baseline asks `BaselineAvailability` for what is free instead of reading a log.
package struct SearchModel: ProjectionModel {
    package let name = "search"
    package let topics: [Topic] = [.practitionerEvents, .availabilityEvents]

    private let engine: any SearchEngine
    private let practitioners: PractitionerHistory
    private let availability: any BaselineAvailability
    private let clock: any WallClock

    /// Practitioners whose free slots are asked for at once when a partition is built anew.
    private static let askedMax = 1_000

    /// - Parameters:
    ///   - engine: Where the documents go.
    ///   - practitioners: The practitioner database's history: where a baseline finds profiles.
    ///   - availability: Where a baseline finds free slots.
    ///   - clock: For what has passed.
    package init(
        engine: any SearchEngine, practitioners: PractitionerHistory, availability: any BaselineAvailability,
        clock: any WallClock
    ) {
        self.engine = engine
        self.practitioners = practitioners
        self.availability = availability
        self.clock = clock
    }

    package func checkpoint(of partition: Shard) async throws -> ProjectionCheckpoint? {
        try await engine.checkpoint(of: partition)
    }

    package func apply(_ batch: ProjectionBatch) async throws {
        var reader = try SearchRecordReader()
        var changes: [SearchChange] = []
        for record in batch.records {
            if let change = try reader.change(record) { changes.append(change) }
        }
        do {
            try await engine.index(changes, partition: batch.partition, checkpoint: batch.checkpoint)
        } catch is SearchDocument.Fault {
            throw ProjectionFault.modelLost
        }
    }

    package func takeBaseline(of partition: Shard, ends: [Topic: Int64]) async throws -> ProjectionCheckpoint {
        var (documents, sequence) = try await practitioners.documents(of: partition)
        for start in stride(from: 0, to: documents.count, by: Self.askedMax) {
            let part = start..<min(start + Self.askedMax, documents.count)
            let found = try await availability.free(of: documents[part].map(\.key))
            let byPractitioner = Dictionary(found.map { ($0.change.practitionerID, $0) }) { $1 }
            for index in part {
                guard let free = byPractitioner[documents[index].key.practitioner] else { continue }
                documents[index].apply(free.change, occurredAt: free.asOf)
            }
        }
        let checkpoint = ProjectionCheckpoint(
            positions: [
                TopicPosition(
                    topic: .practitionerEvents, sequence: sequence, nextOffset: ends[.practitionerEvents]),
                TopicPosition(topic: .availabilityEvents, sequence: 0, nextOffset: ends[.availabilityEvents]),
            ], asOf: documents.map(\.asOf).max())
        try await engine.replace(partition, by: documents, checkpoint: checkpoint)
        return checkpoint
    }

    package func tick(_ partition: Shard, _ progress: ProjectionProgress) async throws {
        if let moment = progress.caughtUpAt { try await engine.confirm(partition, caughtUpAt: moment) }
        try await engine.refresh(partition, now: clock.now())
    }

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
