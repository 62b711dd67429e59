import Domain
package import EventStore
import Synchronization

/// A partition that a rebuild had to take from the stores again while it followed the log.
package struct RetakenPartition: Hashable, Sendable {
    /// Why.
    package enum Reason: String, Sendable {
        /// What the epoch held of it was gone, as after Redis was emptied.
        case lost = "what the epoch held of it was gone"
        /// The log does not have what comes next any more.
        case notInLog = "the log has lost what comes next"
    }

    /// Which.
    package let partition: Shard
    /// Why.
    package let reason: Reason
    /// What it held afterwards, which is what the fold said.
    package let digest: ModelDigest
}

/// What is proved of the partitions that a rebuild takes from the stores again while it follows the log.
///
/// From the moment at which one is begun the epoch counts as not proved, in the registry too: if the rebuild is killed
/// then, whoever resumes it folds everything again.
final class ShadowProof: Sendable {
    private struct State {
        /// Partitions of which the model has said that nothing is there.
        var lost: Set<Shard> = []
        /// Begun, and not compared yet.
        var open: Set<Shard> = []
        var retaken: [Shard: RetakenPartition] = [:]
        var fault: RebuildFault?
    }

    private let epoch: Int64
    private let revoke: @Sendable (Shard) async throws -> Void
    private let report: @Sendable (RetakenPartition) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - epoch: Whose proof it is.
    ///   - revoke: Makes the epoch count as not proved; returns when that is durable.
    ///   - report: Told of every partition that was taken again and proved.
    init(
        epoch: Int64, revoke: @escaping @Sendable (Shard) async throws -> Void,
        report: @escaping @Sendable (RetakenPartition) -> Void
    ) {
        self.epoch = epoch
        self.revoke = revoke
        self.report = report
    }

    /// Why the epoch cannot be finished; nil while nothing is known against it.
    var fault: RebuildFault? { state.withLock { $0.fault } }

    /// What was taken again, by partition.
    var retaken: [RetakenPartition] {
        state.withLock { $0.retaken.values.sorted { $0.partition.number < $1.partition.number } }
    }

    /// Whether everything that was begun was also compared.
    var isWhole: Bool { state.withLock { $0.open.isEmpty && $0.fault == nil } }

    /// Notes that nothing is there of a partition.
    func noteLost(_ partition: Shard) { state.withLock { _ = $0.lost.insert(partition) } }

    /// Begins to take a partition again.
    ///
    /// - Throws: `RebuildFault` where the epoch is given up already: trying again would not help; `PGError`.
    func begin(_ partition: Shard) async throws {
        if let fault { throw fault }
        try await revoke(partition)
        state.withLock { _ = $0.open.insert(partition) }
    }

    /// Compares what was written with what was folded.
    ///
    /// - Throws: `RebuildFault.digestsDiffer`.
    func end(_ built: RebuiltPartition, held: ModelDigest) throws(RebuildFault) {
        guard held == built.folded else {
            throw fail(.digestsDiffer(epoch: epoch, held: "\(held)", folded: "\(built.folded)"))
        }
        let done = state.withLock { state in
            state.open.remove(built.partition)
            let reason: RetakenPartition.Reason =
                state.lost.remove(built.partition) == nil ? .notInLog : .lost
            let done = RetakenPartition(partition: built.partition, reason: reason, digest: held)
            state.retaken[built.partition] = done
            return done
        }
        report(done)
    }

    /// Notes why the epoch cannot be finished.
    ///
    /// - Returns: The first reason.
    func fail(_ fault: RebuildFault) -> RebuildFault {
        state.withLock { state in
            let first = state.fault ?? fault
            state.fault = first
            return first
        }
    }

    /// The proof of the whole epoch in words: what the baseline held, and what was taken again since.
    func words(after baseline: String?) -> String {
        let retaken = retaken
        var sum = ModelDigest()
        for partition in retaken { sum.add(partition.digest) }
        if retaken.count == Shard.count { return "\(sum)" }
        return ([baseline ?? "unknown"] + retaken.map { "partition \($0.partition.number) again \($0.digest)" })
            .joined(separator: ", ")
    }
}
