package import Domain
package import EventStore

/// Why the registry did not do what it was asked; the database answered, and said no.
package enum EpochError: Error, Hashable, Sendable {
    /// The registry has no such model.
    case unknownModel(String)
    /// The model has no such epoch.
    case unknownEpoch(model: String, epoch: Int64)
    /// A rebuild of the same things is running.
    case running(epoch: Int64, by: String)
    /// A rebuild of the same things was begun and left alone: resume it, or drop it.
    case abandoned(epoch: Int64, by: String, since: Instant)
    /// Somebody else is at work on a part that overlaps with this one, or has taken it over.
    case partRunning(EpochScope, by: String)
    /// The epoch is another rebuild's now, or not one that can be built any more.
    case leaseLost(epoch: Int64, by: String?, EpochState)
    /// An epoch of a part of the model cannot stand in for the whole.
    case scoped(epoch: Int64, EpochScope)
    /// The epoch is served already.
    case servedAlready(epoch: Int64)
    /// Only what readers cannot be answered from may be dropped.
    case served(epoch: Int64)
    /// An epoch in that state cannot do this.
    case state(epoch: Int64, EpochState)
    /// It was not proved to hold what the stores say.
    case unproved(epoch: Int64, held: String?, folded: String?)
    /// Lanes of these partitions do not write it beside the served one.
    case notAdopted(epoch: Int64, [Shard])
    /// It lacks what readers have seen already.
    case behind(epoch: Int64, Shard, topic: Topic?)
    /// Somebody else swapped in the meantime.
    case fenceMoved(expected: Int64, found: Int64)
    /// A lane started, or took its word back, at the very moment of the swap.
    case lanesChanged(epoch: Int64)
    /// Nothing was ever swapped, so there is nothing to go back to.
    case nothingToRollBack(model: String)
    /// Lanes of these partitions still write it.
    case stillWritten(epoch: Int64, [Shard])
}

extension EpochError: CustomStringConvertible {
    /// A sentence for operators.
    package var description: String {
        switch self {
        case .unknownModel(let model): "there is no model '\(model)'"
        case .unknownEpoch(let model, let epoch): "\(model) has no epoch \(epoch)"
        case .running(let epoch, let owner): "\(owner) is rebuilding the same, as epoch \(epoch)"
        case .partRunning(let scope, let owner): "\(owner) is at work on the same, or a part of it: \(scope)"
        case .abandoned(let epoch, let owner, let since):
            "epoch \(epoch) of \(owner) was left unfinished at \(since): resume it, or drop it first"
        case .leaseLost(let epoch, let owner, let state):
            "epoch \(epoch) is \(state.rawValue)\(owner.map { ", and \($0) has it" } ?? "")"
        case .scoped(let epoch, let scope):
            "epoch \(epoch) holds \(scope) only: a part never stands in for the whole"
        case .servedAlready(let epoch): "epoch \(epoch) is served already"
        case .served(let epoch): "epoch \(epoch) is what readers are answered from"
        case .state(let epoch, let state): "epoch \(epoch) is \(state.rawValue)"
        case .unproved(let epoch, let held, let folded):
            if let held, let folded {
                "epoch \(epoch) holds \(held), a fold of the stores says \(folded)"
            } else {
                "epoch \(epoch) was not compared with a fold of the stores"
            }
        case .notAdopted(let epoch, let partitions):
            "live projection does not write epoch \(epoch) in \(Self.list(partitions))"
        case .behind(let epoch, let partition, let topic):
            "epoch \(epoch) is behind the served one in partition \(partition.number)"
                + (topic.map { " of \($0.name)" } ?? ": it has no checkpoint there")
        case .fenceMoved(let expected, let found):
            "somebody else swapped: the fence was \(expected) and is \(found)"
        case .lanesChanged(let epoch): "lanes of live projection changed while epoch \(epoch) was swapped in"
        case .nothingToRollBack(let model): "\(model) has no epoch that was served before"
        case .stillWritten(let epoch, let partitions):
            "live projection still writes epoch \(epoch) in \(Self.list(partitions))"
        }
    }

    private static func list(_ partitions: [Shard]) -> String {
        (partitions.count == 1 ? "partition " : "partitions ")
            + partitions.map { "\($0.number)" }.joined(separator: ", ")
    }
}
