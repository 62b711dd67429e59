package import Domain
package import EventStore
package import Kafka

/// Reads topics of the log from their first record to where they ended, for a rebuild that the log alone covers.
///
/// Every sequence comes once and none is missing, from 1 on: what proved that the log covers everything is looked at
/// again, record by record.
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

    /// What became of the records that were read.
    private struct Tally {
        var read = 0
        var accepted = 0
        var duplicates = 0
        var foreign = 0

        /// applied + filtered = range scanned, as in live projection.
        func check() { precondition(accepted + duplicates + foreign == read) }
    }

    private static let recordsMax = 20_000
    private static let patience: Duration = .seconds(20)

    private let settings: KafkaSettings
    private let ends: [Shard: [Topic: Int64]]

    /// Reads nothing yet.
    ///
    /// - Parameters:
    ///   - settings: How to reach the brokers.
    ///   - ends: The next offset of each topic's partition, as a rebuild has kept them: up to there.
    package init(_ settings: KafkaSettings, ends: [Shard: [Topic: Int64]]) {
        self.settings = settings
        self.ends = ends
    }

    /// Reads one topic.
    ///
    /// - Parameters:
    ///   - topic: One with sequences.
    ///   - partitions: Which; each record's data is lent.
    ///   - progress: Told how many of all records have been read.
    ///   - each: Gets the events of a partition in order.
    /// - Returns: The last sequence of each partition.
    /// - Throws: `Hole`; `KafkaError`; what the closures throw.
    package func read(
        _ topic: Topic, _ partitions: [Shard], progress: (_ read: Int, _ of: Int) async throws -> Void,
        each: (Shard, ProjectionRecord) throws -> Void
    ) async throws -> [Shard: Int64] {
        let admin = try KafkaAdmin(settings, clientID: "log-reader")
        var rest: [Shard: Int64] = [:]
        var starts: [KafkaPartition: KafkaStart] = [:]
        var total = 0
        for shard in partitions {
            let marks = try await admin.watermarks(of: topic.partition(shard), timeout: .seconds(3))
            let end = ends[shard]?[topic] ?? marks.high
            if marks.low >= end { continue }
            rest[shard] = end
            starts[topic.partition(shard)] = .offset(marks.low)
            total += Int(end - marks.low)
        }
        var gates: [Shard: SequenceGate] = [:]
        for shard in partitions {
            gates[shard] = SequenceGate(
                ProjectionCheckpoint(positions: [TopicPosition(topic: topic, sequence: 0)]), sequenced: [topic])
        }
        if !rest.isEmpty {
            let consumer = try KafkaConsumer(settings, clientID: "log-reader", assigning: starts)
            do {
                try await follow(consumer, topic, total, &rest, &gates, progress, each)
            } catch {
                await consumer.close()
                throw error
            }
            await consumer.close()
        }
        return gates.mapValues { $0.checkpoint[topic].sequence }
    }

    private func follow(
        _ consumer: KafkaConsumer, _ topic: Topic, _ total: Int, _ rest: inout [Shard: Int64],
        _ gates: inout [Shard: SequenceGate], _ progress: (Int, Int) async throws -> Void,
        _ each: (Shard, ProjectionRecord) throws -> Void
    ) async throws {
        var tally = Tally()
        var heardAt = ContinuousClock.now
        while !rest.isEmpty {
            try await progress(tally.read, total)
            let batch = try await consumer.poll(max: Self.recordsMax, timeout: .milliseconds(200))
            var records: [Shard: [ProjectionRecord]] = [:]
            for received in batch {
                let shard = Shard(Int(received.partition))
                guard let end = rest[shard] else { continue }
                if received.offset >= end - 1 { rest[shard] = nil }
                if received.offset >= end { continue }
                tally.read += 1
                if let record = try? ProjectionRecord(received, topic: topic, isSequenced: true) {
                    records[shard, default: []].append(record)
                } else {
                    tally.foreign += 1
                }
            }
            for (shard, found) in records {
                guard let passage = gates[shard]?.pass(found) else { preconditionFailure("a partition without a gate") }
                tally.accepted += passage.accepted.count
                tally.duplicates += passage.duplicates
                for record in passage.accepted { try each(shard, record) }
                if let jump = passage.jump { throw Hole(topic: topic, partition: shard, expected: jump.expected) }
            }
            tally.check()
            if !batch.isEmpty { heardAt = .now }
            if heardAt.duration(to: .now) > Self.patience {
                throw consumer.problem ?? KafkaError(.timedOut, during: "read the log")
            }
        }
    }
}
