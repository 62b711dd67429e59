package import EventStore

/// Why a rebuild did not come to its end.
package enum RebuildFault: Error, Hashable, Sendable {
    /// What was read back is not what was folded: the epoch is given up.
    case digestsDiffer(epoch: Int64, held: String, folded: String)
    /// Partitions stand still, each with why.
    case stopped(epoch: Int64, [String])
    /// Events that cannot be read, and nobody said that their practitioners may wait.
    case unreadable(epoch: Int64, [QuarantineCause])
    /// No lane of live projection has taken the epoch over in these partitions.
    case notAdopted(epoch: Int64, [Shard])
    /// What had been written was gone each time that it was read back, as where Redis is emptied again and again.
    case lost(epoch: Int64)
    /// Somebody else gave the epoch up, such as a lane of live projection that lost it.
    case givenUp(epoch: Int64, String)
    /// The brokers cannot be reached.
    case noBroker(epoch: Int64, String)

    /// The epoch that it was about.
    package var epoch: Int64 {
        switch self {
        case .digestsDiffer(let epoch, _, _), .stopped(let epoch, _), .unreadable(let epoch, _),
            .notAdopted(let epoch, _), .lost(let epoch), .givenUp(let epoch, _), .noBroker(let epoch, _):
            epoch
        }
    }
}

extension RebuildFault: CustomStringConvertible {
    /// A sentence for operators.
    package var description: String {
        switch self {
        case .digestsDiffer(let epoch, let held, let folded):
            "epoch \(epoch) holds \(held), the fold of the stores says \(folded): it is given up"
        case .stopped(let epoch, let reasons): "epoch \(epoch) stands still: \(reasons.joined(separator: "; "))"
        case .unreadable(let epoch, let events):
            "epoch \(epoch) cannot take in \(events.count == 1 ? "an event" : "\(events.count) events") of the history"
        case .notAdopted(let epoch, let partitions):
            "live projection has not taken epoch \(epoch) over in partitions "
                + partitions.map { "\($0.number)" }.joined(separator: ", ")
        case .lost(let epoch): "what was written of epoch \(epoch) was gone when it was read back"
        case .givenUp(let epoch, let reason): "epoch \(epoch) was given up: \(reason)"
        case .noBroker(let epoch, let reason): "epoch \(epoch) cannot follow the log: \(reason)"
        }
    }
}
