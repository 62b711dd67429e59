import Domain
import EventStore

/// A model over an epoch that nobody is answered from, as a rebuild runs it: whoever serves tells others, not this one.
struct ShadowModel: ProjectionModel {
    let model: any RebuildableModel
    let proof: ShadowProof
    let epoch: Int64
    let allowsUnreadable: Bool

    var name: String { model.name }
    var topics: [Topic] { model.topics }

    func checkpoint(of partition: Shard) async throws -> ProjectionCheckpoint? {
        let found = try await model.checkpoint(of: partition)
        if found == nil { proof.noteLost(partition) }
        return found
    }

    func apply(_ batch: ProjectionBatch) async throws {
        try await noting(batch.partition) {
            try await model.apply(
                ProjectionBatch(
                    partition: batch.partition, records: batch.records, previous: batch.previous,
                    checkpoint: batch.checkpoint, announcing: .elsewhere(through: nil)))
        }
    }

    /// The log has lost what comes next, or the epoch's own store has lost what was there: the partition is taken from
    /// the stores again, and compared with its fold as the baseline was.
    func takeBaseline(of partition: Shard, ends: LogEnds) async throws -> ProjectionCheckpoint {
        try await proof.begin(partition)
        do {
            let order = RebuildOrder([partition], ends: [partition: ends], allowsUnreadable: allowsUnreadable)
            return try await noting(partition) {
                guard let built = try await model.rebuild(order).first else { throw ProjectionFault.modelLost }
                try proof.end(built, held: try await model.held(built))
                return built.checkpoint
            }
        } catch let error as UnreadableHistory {
            throw proof.fail(.unreadable(epoch: epoch, error.causes))
        }
    }

    func tick(_ partition: Shard, _ progress: ProjectionProgress) async throws {
        try await noting(partition) {
            try await model.tick(
                partition,
                ProjectionProgress(
                    lagEvents: progress.lagEvents, caughtUpAt: progress.caughtUpAt, checkpoint: progress.checkpoint,
                    announcing: .elsewhere(through: nil)))
        }
    }

    func released(_ partition: Shard) async { await model.released(partition) }

    func quarantined(in partition: Shard) -> Int { model.quarantined(in: partition) }

    func digest(of partition: Shard) async throws -> ModelDigest { try await model.digest(of: partition) }

    private func noting<T>(_ partition: Shard, _ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch ProjectionFault.modelLost {
            proof.noteLost(partition)
            throw ProjectionFault.modelLost
        }
    }
}
