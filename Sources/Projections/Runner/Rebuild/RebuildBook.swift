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
        _ ends: [Shard: LogEnds], _ model: String, _ epoch: Int64
    ) async throws -> [Shard: LogEnds] {
        let rows = ends.flatMap { shard, ends in
            ends.offsets.map { (shard.number, $0.key.name, $0.value, ends.lastRecords[$0.key]) }
        }
        _ = try await pool.query(
            SQL.insertRebuildEnds,
            [
                .text(model), .int(epoch), .intArray(rows.map { Int64($0.0) }), .textArray(rows.map(\.1)),
                .intArray(rows.map(\.2)),
                .uuidArray(rows.map { row in row.3.map { PGUUID(high: $0.high, low: $0.low) } }),
            ])
        return try await self.ends(model, epoch)
    }

    /// Where the log ended; empty where nothing was kept.
    ///
    /// - Throws: `PGError`.
    func ends(_ model: String, _ epoch: Int64) async throws -> [Shard: LogEnds] {
        let rows = try await pool.query(SQL.readRebuildEnds, [.text(model), .int(epoch)])
        var ends: [Shard: LogEnds] = [:]
        for row in 0..<rows.count {
            guard let topic = Topic(rawValue: rows.text(row, 1)) else { continue }
            let shard = Shard(Int(rows.int(row, 0)))
            ends[shard, default: [:]][topic] = rows.int(row, 2)
            let last = rows.uuidOrNil(row, 3)
            ends[shard]?.set(lastRecord: last.map { EventID(high: $0.high, low: $0.low) }, in: topic)
        }
        return ends
    }
}
