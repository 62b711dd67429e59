package import Domain

/// What a model tells its runner beyond "try again".
package enum ProjectionFault: Error, Hashable, Sendable {
    /// What the model should hold is not there any more, such as a page of an emptied Redis: build it anew.
    case modelLost
    /// An event in the history that this program cannot read, where whoever asked wants none left out.
    case unreadableHistory(WireType)
}

/// Why a partition stands still until somebody looks; an event that cannot be taken in is no reason (`Quarantine`).
package enum StopReason: Hashable, Sendable {
    /// Positions from `expected` on are neither in the log nor in the store.
    case hole(Topic, expected: Int64)
    /// The model has taken in more than the store has: another store, or an older copy of it.
    case aheadOfStore(Topic, sequence: Int64, stamped: Int64)

    /// One word for metrics and log lines.
    package var code: String {
        switch self {
        case .hole: "hole"
        case .aheadOfStore: "ahead_of_store"
        }
    }
}

extension StopReason: CustomStringConvertible {
    /// A sentence for `/readyz` and the log.
    package var description: String {
        switch self {
        case .hole(let topic, let expected):
            "position \(expected) of \(topic.name) is neither in the log nor in the store"
        case .aheadOfStore(let topic, let sequence, let stamped):
            "the model has \(topic.name) up to \(sequence), the store only up to \(stamped)"
        }
    }
}
