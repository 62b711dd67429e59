import Domain
import EventStore
package import ProjectionRunner

extension SearchModel: RebuildableModel {
    /// Folds and writes one partition after the other; each is one transaction of its own.
    package func rebuild(_ order: RebuildOrder) async throws -> [RebuiltPartition] {
        // One day for all digests of the order: across midnight they would count different days.
        let today = LocalDate(days: Int32(clamping: clock.now().seconds / 86_400))
        var built: [RebuiltPartition] = []
        for (index, shard) in order.partitions.enumerated() {
            let share = Double(index) / Double(order.partitions.count)
            let events = built.reduce(0) { $0 + $1.count }
            try await order.pace(RebuildOrder.Progress(.readingPractitioners, share: share, events: events))
            let baseline = try await baseline(of: shard, ends: order.ends[shard] ?? [:], log: order.log) {
                try await order.pace(RebuildOrder.Progress(.readingPractitioners, share: share, events: events))
            }
            try order.check(baseline.unreadable)
            try await order.pace(RebuildOrder.Progress(.writing, share: share, events: events))
            try await engine.replace(shard, by: baseline.documents, checkpoint: baseline.checkpoint)
            var digest = ModelDigest()
            for document in baseline.documents { document.add(to: &digest, from: today) }
            built.append(
                RebuiltPartition(
                    partition: shard, checkpoint: baseline.checkpoint, folded: digest, count: baseline.documents.count,
                    unreadable: baseline.unreadable, countedFrom: today))
        }
        return built
    }

    package func held(_ built: RebuiltPartition) async throws -> ModelDigest {
        guard let first = built.countedFrom else { return try await digest(of: built.partition) }
        return try await engine.digest(of: built.partition, from: first)
    }
}
