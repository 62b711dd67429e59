import Synchronization

/// What a rebuild is doing, for those who watch it.
package enum RebuildStep: Sendable {
    /// Reading the stores and writing what was folded.
    case building(RebuildOrder.Progress)
    /// Reading back what was written.
    case proving
    /// Following the log.
    case following(ProjectionHealth)
    /// Waiting for live projection; so many partitions have been taken over.
    case handingOver(Int)
}

/// What a rebuild did.
package struct RebuildOutcome: Sendable {
    /// The epoch that is ready.
    package let epoch: Int64
    /// Events that were read from the stores; 0 where that was done before.
    package internal(set) var events = 0
    /// Practitioners, or documents.
    package internal(set) var count = 0
    /// What the epoch held after the baseline, which is what the fold said; nil where that was done before.
    package internal(set) var digest: ModelDigest?
    /// Events that cannot be read, whose practitioners wait.
    package internal(set) var unreadable: [QuarantineCause] = []
    /// Time for reading, folding, writing and reading back.
    package internal(set) var baseline: Duration = .zero
    /// Time until nothing was left to follow.
    package internal(set) var tail: Duration = .zero
    /// Time until every lane had given its word.
    package internal(set) var handOver: Duration = .zero
    /// All of it.
    package internal(set) var total: Duration = .zero
    /// How far live projection or the relay was behind at worst.
    package internal(set) var worstLag: Duration = .zero
    /// How long the rebuild held back for that.
    package internal(set) var held: Duration = .zero
}

/// Events of an order so far, from whichever task it is told.
final class EventTotal: Sendable {
    private let total = Mutex(0)

    var value: Int { total.withLock { $0 } }

    func note(_ count: Int) { total.withLock { $0 = max($0, count) } }
}
