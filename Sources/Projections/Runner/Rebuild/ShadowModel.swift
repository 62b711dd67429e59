import Domain
import EventStore

/// A model over an epoch that nobody is answered from, as a rebuild runs it: whoever serves tells others, not this one.
struct ShadowModel: ProjectionModel {
    let model: any RebuildableModel

    var name: String { model.name }
    var topics: [Topic] { model.topics }

    func checkpoint(of partition: Shard) async throws -> ProjectionCheckpoint? {
        try await model.checkpoint(of: partition)
    }

    func apply(_ batch: ProjectionBatch) async throws {
        try await model.apply(
            ProjectionBatch(
                partition: batch.partition, records: batch.records, previous: batch.previous,
                checkpoint: batch.checkpoint, announcing: .elsewhere(through: nil)))
    }

    /// The log has lost what comes next: the partition is taken from the store again.
    func takeBaseline(of partition: Shard, ends: [Topic: Int64]) async throws -> ProjectionCheckpoint {
        let built = try await model.rebuild(RebuildOrder([partition], ends: [partition: ends], allowsUnreadable: true))
        return built[0].checkpoint
    }

    func tick(_ partition: Shard, _ progress: ProjectionProgress) async throws {
        try await model.tick(
            partition,
            ProjectionProgress(
                lagEvents: progress.lagEvents, caughtUpAt: progress.caughtUpAt, checkpoint: progress.checkpoint,
                announcing: .elsewhere(through: nil)))
    }

    func released(_ partition: Shard) async { await model.released(partition) }

    func quarantined(in partition: Shard) -> Int { model.quarantined(in: partition) }

    func digest(of partition: Shard) async throws -> ModelDigest { try await model.digest(of: partition) }
}
