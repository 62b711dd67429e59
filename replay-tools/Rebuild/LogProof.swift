import Configuration
import Domain
import EventStore
import Kafka
import ProjectionRunner

/// Whether the log alone is enough to rebuild a model: it has every position, or what the model held at one of them and
/// every position after it.
struct LogProof: Sendable {
    /// What is missing, one line a topic and partition; empty: the log covers everything.
    let missing: [String]
    /// What covers each partition, one line each.
    let covered: [String]
    /// The last position given, by topic and partition.
    let heads: [Topic: [Int64]]

    /// Looks at store and log; a log that cannot be reached covers nothing.
    ///
    /// - Throws: `Unreachable` where a store cannot be asked.
    static func read(_ model: ModelName, _ connections: Connections) async throws -> LogProof {
        var heads: [Topic: [Int64]] = [:]
        for topic in model.topics {
            // Topics without positions say what others made of them; a rebuild asks for that when it writes.
            guard let database = connections.store(of: topic) else { continue }
            heads[topic] = try await Unreachable.naming(database.dependency) {
                try await EventReader(database.pool).heads().prefix(Shard.count).map(\.stamped)
            }
        }
        let desk = BaselineDesk(connections.practitioner.pool)
        let hints = try await Unreachable.naming(connections.practitioner.dependency) {
            try await desk.hints(of: model.rawValue)
        }
        do {
            let cover = try await Unreachable.naming("kafka") {
                let settings = try connections.kafka.settings()
                guard await (try LogCoverage(settings, sequenced: [])).isReachable() else {
                    throw Unreachable(
                        dependency: "kafka", reason: "no broker answers at \(settings.bootstrapServers)")
                }
                return try await LogCover.read(model.rawValue, heads: heads, settings, hints: hints)
            }
            return LogProof(missing: cover.missing, covered: cover.lines, heads: heads)
        } catch let error as Unreachable {
            return LogProof(missing: ["the log cannot be asked: \(error.reason)"], covered: [], heads: heads)
        }
    }
}
