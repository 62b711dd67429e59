package import Domain
package import EventStore
package import Kafka

/// What the log still has of a topic's partition, for operators: looks without a group and moves nothing.
package struct LogCoverage: Sendable {
    /// The records of one partition of a topic.
    package struct Reach: Hashable, Sendable {
        /// Offset of the oldest record.
        package let low: Int64
        /// Offset that the next record gets.
        package let high: Int64
        /// `ce_sequence` of the oldest event; nil where there is none, and in topics without sequences.
        package let firstSequence: Int64?
        /// The highest `ce_sequence` among the newest records; nil as above.
        package let lastSequence: Int64?

        /// A reach of its parts.
        package init(low: Int64, high: Int64, firstSequence: Int64?, lastSequence: Int64?) {
            self.low = low
            self.high = high
            self.firstSequence = firstSequence
            self.lastSequence = lastSequence
        }
    }

    private let admin: KafkaAdmin
    private let probe: LogProbe

    /// Connects by itself.
    ///
    /// - Parameters:
    ///   - settings: How to reach the brokers.
    ///   - sequenced: The topics whose records have `ce_sequence`.
    /// - Throws: `KafkaError` when the settings contradict each other.
    package init(_ settings: KafkaSettings, sequenced: Set<Topic>) throws(KafkaError) {
        let admin = try KafkaAdmin(settings, clientID: "log-coverage")
        self.admin = admin
        probe = LogProbe(settings, admin: admin, sequenced: sequenced)
    }

    /// Whether a broker answers in time.
    package func isReachable(within timeout: Duration = .seconds(2)) async -> Bool {
        await admin.isReachable(within: timeout)
    }

    /// Where each topic's partition ends.
    ///
    /// - Throws: `KafkaError`; `LogProbe.Unclear`.
    func ends(of partition: Shard, _ topics: [Topic]) async throws -> LogEnds {
        try await probe.ends(of: partition, topics)
    }

    /// The oldest and the next offset.
    ///
    /// - Throws: `KafkaError`.
    package func watermarks(of topic: Topic, _ partition: Shard) async throws -> KafkaWatermarks {
        try await admin.watermarks(of: topic.partition(partition), timeout: .seconds(3))
    }

    /// What is there; reads the first records and the last ones.
    ///
    /// - Throws: `KafkaError`: also, as a time-out, where the log changes under the eyes; look again.
    package func reach(of topic: Topic, _ partition: Shard) async throws -> Reach {
        let logs: [Topic: TopicLog]
        do {
            logs = try await probe.look(at: partition, ProjectionCheckpoint(positions: []), [topic])
        } catch is LogProbe.Unclear {
            throw KafkaError(.timedOut, during: "read the ends of the log")
        }
        guard let log = logs[topic] else { preconditionFailure("the probe answers for every topic that it is asked") }
        return Reach(
            low: log.low, high: log.high, firstSequence: log.firstSequence, lastSequence: log.lastSequence)
    }
}
