import Domain
package import EventStore
import Postgres

extension PostgresSearchEngine {
    package func rewrite(
        _ partition: Shard, _ keys: [SearchKey],
        _ make: @Sendable ([SearchKey: SearchDocument]) async throws -> [SearchDocument]
    ) async throws -> Int {
        try await pool.transaction { session in
            let read = try await session.pipeline([
                PGStep(SQL.lockCheckpoint, [.int(epoch), .int(Int64(partition.number))]),
                PGStep(SQL.lockDocuments, [.int(epoch), .countries(keys), .practitioners(keys)]),
            ])
            let stored = (0..<read[1].count).compactMap { SearchDocument(read[1], $0) }
            let made = try await make(Dictionary(stored.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first }))
            if made.isEmpty { return 0 }
            let writes = DocumentWrites(epoch: epoch, partition: partition)
            _ = try await session.pipeline(writes.steps(made, renamed: made.filter { $0.profile != nil }))
            return made.count
        }
    }
}
