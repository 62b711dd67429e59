import Domain
import EventStore

/// Whether the event stores have every event from the first one on: a fold from the middle of a history would prove
/// nothing, and would build something else than the model (G6).
struct StoreCoverage: Sendable {
    /// What is missing, one line a topic and partition; empty: everything is there.
    private(set) var missing: [String] = []
    /// What is there, one line a topic.
    private(set) var words: [String] = []

    /// Asks the stores of some databases; those without positions are passed over.
    ///
    /// - Throws: `Unreachable`.
    static func read(_ databases: [Connections.Database]) async throws -> StoreCoverage {
        var coverage = StoreCoverage()
        for database in databases {
            guard let topic = database.topic else { continue }
            let shards = try await StoreProbe(database: database).status(of: nil).shards
            for (partition, reach) in shards.enumerated() where reach.first > 1 {
                coverage.missing.append(
                    "\(topic.name) partition \(partition): the store begins at position \(reach.first), "
                        + "positions 1 to \(reach.first - 1) are not there")
            }
            let reaches = shards.prefix(Shard.count).map { $0.stamped == 0 ? "none" : "\($0.first) to \($0.stamped)" }
            coverage.words.append(
                "\(topic.name): the store has positions " + reaches.joined(separator: " · ")
                    + " of partitions 0 to \(Shard.count - 1)")
        }
        return coverage
    }

    /// Refuses what would begin in the middle.
    ///
    /// - Throws: `Refusal` with what is missing.
    func check() throws(Refusal) {
        if !missing.isEmpty { throw Refusal(missing: missing) }
    }
}

extension Connections {
    /// The databases whose positions some models read.
    func stores(of models: [ModelName]) -> [Database] {
        databases.filter { database in
            database.topic.map { topic in models.contains { $0.topics.contains(topic) } } ?? false
        }
    }
}
