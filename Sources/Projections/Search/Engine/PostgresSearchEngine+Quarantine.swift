import Domain
package import EventStore
import Postgres

extension PostgresSearchEngine {
    /// Documents that are brought back at once.
    private static let releasedMax: Int64 = 500

    package func restore(_ document: SearchDocument, partition: Shard) async throws {
        try await pool.transaction { session in
            let writes = DocumentWrites(epoch: epoch, partition: partition)
            _ = try await session.pipeline(
                [PGStep(SQL.lockCheckpoint, [.int(epoch), .int(Int64(partition.number))])]
                    + writes.steps([document], renamed: [document]))
        }
    }

    package func conceal(_ partition: Shard) async throws {
        _ = try await pool.query(SQL.concealDocuments, [.int(epoch), .int(Int64(partition.number))])
    }

    package func released(in partition: Shard) async throws -> [SearchKey] {
        let rows = try await pool.query(
            SQL.findReleased, [.int(epoch), .int(Int64(partition.number)), .int(Self.releasedMax)])
        return (0..<rows.count).compactMap { row in
            let id = rows.uuid(row, 1)
            return CountryCode(rows.text(row, 0)).map { SearchKey($0, PractitionerID(high: id.high, low: id.low)) }
        }
    }
}
