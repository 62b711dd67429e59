import Domain
import EventStore
package import ProjectionRunner
import Synchronization

extension SearchModel: RebuildableModel {
    /// Partitions that are built beside each other: one folds while another is written, and memory holds so many.
    private static let buildersMax = 2

    /// Folds and writes some partitions at a time; each is one transaction of its own.
    package func rebuild(_ order: RebuildOrder) async throws -> [RebuiltPartition] {
        // One day for all digests of the order: across midnight they would count different days.
        let today = LocalDate(days: Int32(clamping: clock.now().seconds / 86_400))
        let total = Total(partitions: order.partitions.count)
        return try await withThrowingTaskGroup(of: (place: Int, RebuiltPartition).self) { group in
            var built: [Int: RebuiltPartition] = [:]
            for (place, shard) in order.partitions.enumerated() {
                if place >= Self.buildersMax, let next = try await group.next() { built[next.place] = next.1 }
                group.addTask { (place, try await rebuild(shard, order, total, countedFrom: today)) }
            }
            for try await next in group { built[next.place] = next.1 }
            return order.partitions.indices.compactMap { built[$0] }
        }
    }

    private func rebuild(
        _ shard: Shard, _ order: RebuildOrder, _ total: Total, countedFrom today: LocalDate
    ) async throws -> RebuiltPartition {
        let pace = { try await order.pace(total.progress(.readingPractitioners)) }
        try await pace()
        let baseline = try await baseline(of: shard, ends: order.ends[shard] ?? [:], log: order.log, pace: pace)
        try order.check(baseline.unreadable)
        try await order.pace(total.progress(.writing))
        try await engine.replace(shard, by: baseline.documents, checkpoint: baseline.checkpoint)
        total.add(baseline.documents.count)
        var digest = ModelDigest()
        for document in baseline.documents { document.add(to: &digest, from: today) }
        return RebuiltPartition(
            partition: shard, checkpoint: baseline.checkpoint, folded: digest, count: baseline.documents.count,
            unreadable: baseline.unreadable, countedFrom: today)
    }

    package func held(_ built: RebuiltPartition) async throws -> ModelDigest {
        guard let first = built.countedFrom else { return try await digest(of: built.partition) }
        return try await engine.digest(of: built.partition, from: first)
    }
}

/// How far a rebuild is, of whose partitions several are at work.
private final class Total: Sendable {
    private let partitions: Int
    private let done = Mutex<(partitions: Int, documents: Int)>((0, 0))

    init(partitions: Int) { self.partitions = partitions }

    func add(_ documents: Int) {
        done.withLock { done in
            done.partitions += 1
            done.documents += documents
        }
    }

    func progress(_ stage: RebuildOrder.Progress.Stage) -> RebuildOrder.Progress {
        let done = done.withLock { $0 }
        return RebuildOrder.Progress(
            stage, share: Double(done.partitions) / Double(partitions), events: done.documents)
    }
}
