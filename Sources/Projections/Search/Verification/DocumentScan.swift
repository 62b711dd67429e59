import EventStore
import Postgres

/// All documents of a partition, as whole documents, some at a time.
///
/// A cursor, because every page that goes on after a key would walk past all documents of the country before it.
struct DocumentScan {
    let epoch: Int64
    let partition: Shard

    /// Reads each once, in no order, in the snapshot of the session's transaction.
    ///
    /// - Throws: What `take` throws; `PGError`.
    func run(on session: PGSession, _ take: ([SearchDocument]) throws -> Void) async throws {
        _ = try await session.query(SQL.openDocuments, [.int(epoch), .int(Int64(partition.number))])
        while true {
            let rows = try await session.query(SQL.fetchDocuments)
            if rows.count == 0 { break }
            try take((0..<rows.count).compactMap { SearchDocument(rows, $0) })
        }
        _ = try await session.query(SQL.closeDocuments)
    }
}
