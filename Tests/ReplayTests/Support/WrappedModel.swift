import Domain
import EventStore
import ProjectionRunner
import Synchronization

/// A model of a rebuild that a test can harm at chosen moments.
final class WrappedModel: RebuildableModel {
    private let inner: any RebuildableModel
    private let afterRebuild: @Sendable (_ partitions: [Shard]) async throws -> Void
    private let beforeCheckpoint: @Sendable (Shard) async throws -> Void

    /// - Parameters:
    ///   - inner: What does the work.
    ///   - afterRebuild: Called when partitions were built and written, before they are read back.
    ///   - beforeCheckpoint: Called whenever a lane asks where a partition stands.
    init(
        _ inner: any RebuildableModel, afterRebuild: @escaping @Sendable ([Shard]) async throws -> Void = { _ in },
        beforeCheckpoint: @escaping @Sendable (Shard) async throws -> Void = { _ in }
    ) {
        self.inner = inner
        self.afterRebuild = afterRebuild
        self.beforeCheckpoint = beforeCheckpoint
    }

    var name: String { inner.name }
    var topics: [Topic] { inner.topics }

    func checkpoint(of partition: Shard) async throws -> ProjectionCheckpoint? {
        try await beforeCheckpoint(partition)
        return try await inner.checkpoint(of: partition)
    }

    func rebuild(_ order: RebuildOrder) async throws -> [RebuiltPartition] {
        let built = try await inner.rebuild(order)
        try await afterRebuild(order.partitions)
        return built
    }

    func apply(_ batch: ProjectionBatch) async throws { try await inner.apply(batch) }

    func takeBaseline(of partition: Shard, ends: LogEnds) async throws -> ProjectionCheckpoint {
        try await inner.takeBaseline(of: partition, ends: ends)
    }

    func tick(_ partition: Shard, _ progress: ProjectionProgress) async throws {
        try await inner.tick(partition, progress)
    }

    func released(_ partition: Shard) async { await inner.released(partition) }

    func quarantined(in partition: Shard) -> Int { inner.quarantined(in: partition) }

    func digest(of partition: Shard) async throws -> ModelDigest { try await inner.digest(of: partition) }

    func held(_ built: RebuiltPartition) async throws -> ModelDigest { try await inner.held(built) }
}

/// True the first time that it is asked, for each key.
final class Once: Sendable {
    private let seen = Mutex<Set<Int>>([])

    func first(_ key: Int = 0) -> Bool { seen.withLock { $0.insert(key).inserted } }
}
