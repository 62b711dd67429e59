import Domain
import EventStore
package import ProjectionRunner

extension AvailabilityModel: RebuildableModel {
    /// Folds all partitions in one pass over each store, then writes them beside each other.
    package func rebuild(_ order: RebuildOrder) async throws -> [RebuiltPartition] {
        let events = EventCount()
        var request = PartitionFold.Request(
            partitions: order.partitions, dates: .hot(parts.clock.now()), allowsUnreadable: true)
        request.pace = { stage, progress in
            let share = progress.pagesTotal == 0 ? 1 : Double(progress.pagesDone) / Double(progress.pagesTotal)
            try await order.pace(
                RebuildOrder.Progress(stage, share: share, events: events.note(progress.events, stage)))
        }
        request.log = order.log
        let folded = try await parts.fold.fold(request)
        try order.check(folded.flatMap(\.causes))
        return try await withThrowingTaskGroup(of: (Int, RebuiltPartition).self) { group in
            var built: [RebuiltPartition?] = order.partitions.map { _ in nil }
            for (index, (shard, pages)) in zip(order.partitions, folded).enumerated() {
                group.addTask {
                    try await order.pace(
                        RebuildOrder.Progress(
                            .writing, share: Double(index) / Double(folded.count), events: events.total))
                    return (index, try await self.partition(shard).install(pages, order.ends[shard] ?? [:]))
                }
            }
            for try await (index, partition) in group { built[index] = partition }
            return built.compactMap { $0 }
        }
    }
}

extension RebuiltPartition {
    init(_ pages: FoldedPages, _ partition: Shard, _ checkpoint: ProjectionCheckpoint, digest: ModelDigest) {
        self.init(
            partition: partition, checkpoint: checkpoint, folded: digest, count: pages.practitionerCount,
            unreadable: pages.causes)
    }
}
