import Domain
import EventStore
import ProjectionRunner

/// Whether the log alone has every position of a model's topics, from the first to the last that was given.
struct LogProof: Sendable {
    /// What is missing, one line a topic and partition; empty: the log covers everything.
    let missing: [String]
    /// The last position given, by topic and partition.
    let heads: [Topic: [Int64]]

    /// Looks at store and log; a log that cannot be reached covers nothing.
    ///
    /// - Throws: `Unreachable` where a store cannot be asked.
    static func read(_ model: ModelName, _ connections: Connections) async throws -> LogProof {
        var heads: [Topic: [Int64]] = [:]
        for topic in model.topics {
            guard let database = connections.store(of: topic) else { continue }
            heads[topic] = try await Unreachable.naming(database.dependency) {
                try await EventReader(database.pool).heads().prefix(Shard.count).map(\.stamped)
            }
        }
        let reaches: [Topic: [LogCoverage.Reach]]
        do {
            reaches = try await LogWatch(connections.kafka).reaches(of: model.topics)
        } catch let error as Unreachable {
            return LogProof(missing: ["the log cannot be asked: \(error.reason)"], heads: heads)
        }
        var missing: [String] = []
        for topic in model.topics {
            guard let positions = heads[topic] else {
                missing.append("\(topic.name): has no positions, so nothing proves that it is whole")
                continue
            }
            for (partition, head) in positions.enumerated() where head > 0 {
                let reach = reaches[topic]?[partition]
                let first = reach?.firstSequence ?? head + 1
                let last = reach?.lastSequence ?? 0
                if first > 1 {
                    missing.append(gap(topic, partition, 1...min(first - 1, head)))
                }
                if last < head, first <= head {
                    missing.append(gap(topic, partition, (last + 1)...head))
                }
            }
        }
        return LogProof(missing: missing, heads: heads)
    }

    private static func gap(_ topic: Topic, _ partition: Int, _ positions: ClosedRange<Int64>) -> String {
        "\(topic.name) partition \(partition): positions \(positions.lowerBound) to \(positions.upperBound) are not in "
            + "the log"
    }
}
