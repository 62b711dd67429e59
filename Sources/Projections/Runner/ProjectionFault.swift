package import Domain

/// What a model tells its runner beyond "try again".
package enum ProjectionFault: Error, Hashable, Sendable {
    /// What the model should hold is not there any more, such as a page of an emptied Redis: build it anew.
    case modelLost
    /// An event that this program cannot read: the partition stops here, as skipping would lose it.
    case undecodable(Topic, sequence: Int64, WireType)
    /// The same in the history that a baseline reads: nothing is built, as leaving it out would hide it.
    case unreadableHistory(WireType)
}

/// Why a partition stands still until somebody looks.
package enum StopReason: Hashable, Sendable {
    /// Positions from `expected` on are neither in the log nor in the store.
    case hole(Topic, expected: Int64)
    /// The model has taken in more than the store has: another store, or an older copy of it.
    case aheadOfStore(Topic, sequence: Int64, stamped: Int64)
    /// An event that this program cannot read.
    case undecodable(Topic, sequence: Int64, WireType)
    /// An event in the history that this program cannot read, so that it can build nothing from it.
    case unreadableHistory(WireType)

    /// One word for metrics and log lines.
    package var code: String {
        switch self {
        case .hole: "hole"
        case .aheadOfStore: "ahead_of_store"
        case .undecodable: "undecodable"
        case .unreadableHistory: "unreadable_history"
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
        case .undecodable(let topic, let sequence, let type):
            "position \(sequence) of \(topic.name) cannot be read: \(type.name) version \(type.dataVersion)"
        case .unreadableHistory(let type):
            "the history has an event that cannot be read: \(type.name) version \(type.dataVersion)"
        }
    }
}
