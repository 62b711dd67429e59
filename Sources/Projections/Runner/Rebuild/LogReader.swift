package import Domain
package import EventStore
package import Kafka

/// Reads the log for a rebuild that the log alone covers: rounds of baselines first, where a partition has one, then
/// topics up to where they ended.
///
/// Every sequence after the round, or from 1 on, comes once and none is missing: what proved that the log covers
/// everything is looked at again, record by record.
package struct LogReader: Sendable {
    /// A sequence that should be in the log and is not.
    package struct Hole: Error, Hashable, Sendable, CustomStringConvertible {
        let topic: Topic
        let partition: Shard
        let expected: Int64

        /// For operators.
        package var description: String {
            "\(topic.name) partition \(partition.number): position \(expected) is not in the log any more"
        }
    }

    private let settings: KafkaSettings
    private let ends: [Shard: LogEnds]
    private let rounds: [Shard: BaselineRounds.Whole]
    private let foreign: ForeignRecords?

    /// Reads nothing yet.
    ///
    /// - Parameters:
    ///   - settings: How to reach the brokers.
    ///   - ends: The next offset of each topic's partition, as a rebuild has kept them: up to there.
    ///   - rounds: What each partition begins with; one that is not among them begins with position 1.
    ///   - foreign: Told of records that belong to nobody; nil: nobody wants to know.
    package init(
        _ settings: KafkaSettings, ends: [Shard: LogEnds], rounds: [Shard: BaselineRounds.Whole] = [:],
        foreign: ForeignRecords? = nil
    ) {
        self.settings = settings
        self.ends = ends
        self.rounds = rounds
        self.foreign = foreign
    }

    /// What a partition begins with; nil: position 1.
    package func round(of partition: Shard) -> BaselineRound? { rounds[partition]?.round }

    /// Reads the records of the rounds.
    ///
    /// - Parameters:
    ///   - partitions: Which; those without a round have no records.
    ///   - progress: Told how many of all records have been read.
    ///   - each: Gets the record of each practitioner; its data is lent.
    /// - Throws: `BaselineFault`; `KafkaError`; what the closures throw.
    package func readRounds(
        _ partitions: [Shard], progress: (_ read: Int, _ of: Int) async throws -> Void,
        each: (Shard, BaselineRecord) throws -> Void
    ) async throws {
        let wanted = rounds.filter { partitions.contains($0.key) }
        try await BaselineLog(settings).read(wanted, progress: progress, each: each)
    }

    /// Reads one topic.
    ///
    /// - Parameters:
    ///   - topic: One with sequences.
    ///   - partitions: Which; each record's data is lent.
    ///   - progress: Told of how many of all records have been read.
    ///   - each: Gets the events of a partition in order.
    /// - Returns: Where each partition stands then.
    /// - Throws: `Hole`; `KafkaError`; what the closures throw.
    package func read(
        _ topic: Topic, _ partitions: [Shard], progress: (_ read: Int, _ of: Int) async throws -> Void,
        each: (Shard, ProjectionRecord) throws -> Void
    ) async throws -> [Shard: ProjectionCheckpoint] {
        let admin = try KafkaAdmin(settings, clientID: "log-reader")
        var offsets: [Shard: Range<Int64>] = [:]
        var gates: [Shard: SequenceGate] = [:]
        for shard in partitions {
            let marks = try await admin.watermarks(of: topic.partition(shard), timeout: .seconds(3))
            let end = ends[shard]?[topic] ?? marks.high
            let round = rounds[shard]?.round
            // It had records, and all of them were there when that was proved.
            if round == nil, marks.low >= end, end > 0 { throw Hole(topic: topic, partition: shard, expected: 1) }
            offsets[shard] = marks.low..<max(marks.low, end)
            let begin = TopicPosition(topic: topic, sequence: round?.positions[topic] ?? 0)
            gates[shard] = SequenceGate(ProjectionCheckpoint(positions: [begin]), sequenced: [topic])
        }
        let stretch = LogStretch(settings: settings, topic: topic.name, clientID: "log-reader")
        do {
            try await stretch.read(offsets, progress: progress) { shard, received in
                var records: [ProjectionRecord] = []
                for one in received {
                    if let record = try? ProjectionRecord(one, topic: topic, isSequenced: true) {
                        records.append(record)
                    } else {
                        foreign?.add(topic, offset: one.offset, shard)
                    }
                }
                guard let passage = gates[shard]?.pass(records) else { preconditionFailure("a topic without a gate") }
                // applied + filtered = range scanned, as in live projection; what lies behind a jump ends the reading.
                precondition(passage.accepted.count + passage.duplicates + passage.unseen == records.count)
                for record in passage.accepted { try each(shard, record) }
                if let jump = passage.jump { throw Hole(topic: topic, partition: shard, expected: jump.expected) }
            }
        } catch let gone as LogStretch.Gone {
            let last = gates[gone.partition]?.checkpoint[topic].sequence ?? 0
            throw Hole(topic: topic, partition: gone.partition, expected: last + 1)
        }
        return gates.mapValues(\.checkpoint)
    }
}
