import Domain
import EventStore
import Postgres

/// What a rebuild must remember beyond its own life: where the log ended before it read anything.
struct RebuildBook: Sendable {
    let pool: PGPool

    /// Keeps where the log ended, unless that was kept before; then what was kept holds.
    ///
    /// - Returns: What holds, by partition and topic.
    /// - Throws: `PGError`.
    func keep(
        _ ends: [Shard: [Topic: Int64]], _ model: String, _ epoch: Int64
    ) async throws -> [Shard: [Topic: Int64]] {
        let rows = ends.flatMap { shard, topics in topics.map { (shard.number, $0.key.name, $0.value) } }
        _ = try await pool.query(
            SQL.insertRebuildEnds,
            [
                .text(model), .int(epoch), .intArray(rows.map { Int64($0.0) }), .textArray(rows.map(\.1)),
                .intArray(rows.map(\.2)),
            ])
        return try await self.ends(model, epoch)
    }

    /// Where the log ended; empty where nothing was kept.
    ///
    /// - Throws: `PGError`.
    func ends(_ model: String, _ epoch: Int64) async throws -> [Shard: [Topic: Int64]] {
        let rows = try await pool.query(SQL.readRebuildEnds, [.text(model), .int(epoch)])
        var ends: [Shard: [Topic: Int64]] = [:]
        for row in 0..<rows.count {
            guard let topic = Topic(rawValue: rows.text(row, 1)) else { continue }
            ends[Shard(Int(rows.int(row, 0))), default: [:]][topic] = rows.int(row, 2)
        }
        return ends
    }
}
