package import Domain
package import EventStore
package import Kafka

/// What a model can be built from where nothing but the log is read, partition by partition.
package struct LogCover: Sendable {
    /// Why the log is enough for a partition.
    package enum Ground: Hashable, Sendable {
        /// It has every position, from 1 on.
        case beginning
        /// It has a whole round, and every position after it.
        case round(BaselineRounds.Whole)
    }

    /// One entry a partition that is covered.
    package let grounds: [Shard: Ground]
    /// What is missing, a line each; empty: all partitions are covered.
    package let missing: [String]

    /// The rounds that are to be read.
    package var rounds: [Shard: BaselineRounds.Whole] {
        grounds.compactMapValues { ground in
            if case .round(let whole) = ground { whole } else { nil }
        }
    }

    /// What covers each partition, a line each.
    package var lines: [String] {
        grounds.sorted { $0.key < $1.key }.map { shard, ground in
            switch ground {
            case .beginning: "partition \(shard.number): every position from 1 on"
            case .round(let whole): "partition \(shard.number): \(whole.round)"
            }
        }
    }

    /// Looks at the log and says what of it is enough.
    ///
    /// - Parameters:
    ///   - model: The model's name.
    ///   - heads: The last position given, of each topic with sequences and each partition.
    ///   - settings: How to reach the brokers.
    ///   - hints: Where the last known round of each partition began.
    /// - Returns: What covers each partition, and what is missing.
    /// - Throws: `KafkaError`.
    package static func read(
        _ model: String, heads: [Topic: [Int64]], _ settings: KafkaSettings, hints: [Shard: Int64]
    ) async throws -> LogCover {
        let coverage = try LogCoverage(settings, sequenced: Set(heads.keys))
        var reaches: [Topic: [LogCoverage.Reach]] = [:]
        for topic in heads.keys {
            for shard in Shard.all { reaches[topic, default: []].append(try await coverage.reach(of: topic, shard)) }
        }
        let rounds = try await BaselineLog(settings).survey(model, hints: hints)
        return judge(heads: heads, reaches: reaches, rounds: rounds)
    }

    /// Judges what was found.
    ///
    /// - Parameters:
    ///   - heads: As above.
    ///   - reaches: What the log has of each topic and partition.
    ///   - rounds: The rounds of each partition; none where nobody asked for baselines.
    /// - Returns: As above.
    package static func judge(
        heads: [Topic: [Int64]], reaches: [Topic: [LogCoverage.Reach]], rounds: [Shard: BaselineRounds]
    ) -> LogCover {
        var (grounds, missing) = ([Shard: Ground](), [String]())
        for shard in Shard.all {
            let topics = heads.mapValues { $0[shard.number] }
            let reach = reaches.mapValues { $0[shard.number] }
            let found = rounds[shard]
            if let whole = found?.furthest {
                let gaps = gaps(after: whole.round.positions, topics, reach, shard)
                if gaps.isEmpty {
                    grounds[shard] = .round(whole)
                    continue
                }
            }
            let all = gaps(after: [:], topics, reach, shard)
            if all.isEmpty {
                grounds[shard] = .beginning
            } else if let whole = found?.furthest {
                missing += gaps(after: whole.round.positions, topics, reach, shard).map {
                    "\($0), after the \(whole.round)"
                }
            } else {
                missing += all
                if let damaged = found?.damaged {
                    missing.append("\(BaselineTopic.name) partition \(shard.number): the \(damaged) lacks records")
                }
            }
        }
        return LogCover(grounds: grounds, missing: missing)
    }

    /// What of a partition comes after some positions and is not in the log.
    private static func gaps(
        after positions: [Topic: Int64], _ heads: [Topic: Int64], _ reaches: [Topic: LogCoverage.Reach], _ shard: Shard
    ) -> [String] {
        var gaps: [String] = []
        for (topic, head) in heads.sorted(by: { $0.key.name < $1.key.name }) {
            let next = (positions[topic] ?? 0) + 1
            let place = "\(topic.name) partition \(shard.number)"
            if next > head + 1 {
                gaps.append("\(place): the store has given \(head) positions, and not \(next - 1)")
            }
            if next > head { continue }
            let first = reaches[topic]?.firstSequence ?? head + 1
            let last = reaches[topic]?.lastSequence ?? 0
            if first > next {
                gaps.append("\(place): positions \(next) to \(min(first - 1, head)) are not in the log")
            }
            if last < head, first <= head {
                gaps.append("\(place): positions \(max(last + 1, next)) to \(head) are not in the log")
            }
        }
        return gaps
    }
}
