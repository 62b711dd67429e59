package import EventStore
package import Kafka

/// How a runner is, for `/readyz` and `replay status`.
package struct ProjectionHealth: Sendable {
    /// What a partition is doing.
    package enum State: Hashable, Sendable {
        /// Finding out where to start.
        case starting
        /// Being built from the event stores.
        case building
        /// Following the log.
        case flowing
        /// Trying again what failed; the error's own description.
        case retrying(String)
        /// Standing still until somebody looks.
        case stopped(StopReason)
    }

    /// One partition that is ours.
    package struct Partition: Sendable {
        /// Which.
        package let partition: Shard
        /// What it is doing.
        package let state: State
        /// Records in the log that are not in the model; nil while unknown.
        package let lagEvents: Int64?
        /// Whether everything is in that the log had when reading began: see `OffsetGate`.
        package let isPastStart: Bool
    }

    /// The model's name.
    package let model: String
    /// Trouble with the brokers; nil while connected.
    package let brokerProblem: KafkaError?
    /// The partitions that are ours, in order.
    package let partitions: [Partition]
    /// Practitioners of these partitions who wait, as an event of theirs could not be taken in.
    package let quarantined: Int

    /// Who waits, in words; nil when nobody does.
    package var quarantine: String? {
        quarantined == 0 ? nil : "\(model): \(quarantined) in quarantine (replay quarantine list)"
    }

    /// The partitions that stand still, in words; empty when all flow.
    package var stops: [String] {
        partitions.compactMap { partition in
            guard case .stopped(let reason) = partition.state else { return nil }
            return "\(model) partition \(partition.partition.number): \(reason)"
        }
    }
}
