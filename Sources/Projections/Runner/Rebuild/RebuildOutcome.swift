import Synchronization

/// What a rebuild is doing, for those who watch it.
package enum RebuildStep: Sendable {
    /// Reading the stores and writing what was folded.
    case building(RebuildOrder.Progress)
    /// Reading back what was written.
    case proving
    /// What had been written was gone when it was read back: it is folded again.
    case foldingAgain
    /// Following the log.
    case following(ProjectionHealth)
    /// A partition was taken from the stores again while the log was followed, and proved again.
    case retaken(RetakenPartition)
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
    /// The proof as the registry has it, also where the baseline was taken before: what the epoch held.
    package internal(set) var heldDigest: String?
    /// The same: what the fold of the stores said.
    package internal(set) var foldedDigest: String?
    /// Partitions that were taken from the stores again while the log was followed.
    package internal(set) var retaken: [RetakenPartition] = []
    /// Events that cannot be read, whose practitioners wait in this epoch, whenever they were met.
    package internal(set) var unreadable: [QuarantineCause] = []
    /// Records of the log that belong to nobody.
    package internal(set) var foreign = 0
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
