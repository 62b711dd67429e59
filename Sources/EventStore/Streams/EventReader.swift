package import Domain
package import Postgres

/// Reads one database's history: a stream by version, a shard by position.
///
/// It checks continuity as it reads, and throws where something is missing instead of passing over it.
package struct EventReader: Sendable {
    /// Events of one round trip, at most.
    package static let limitMax = 10_000

    let pool: PGPool

    /// Reads through a pool; the role `event_reader` may do all of this.
    package init(_ pool: PGPool) {
        self.pool = pool
    }

    /// Reads a stream in order.
    ///
    /// - Parameters:
    ///   - country: Where it is; a stream of another country is not seen.
    ///   - stream: What it happened to.
    ///   - version: The first version wanted, from 1.
    ///   - limit: 1...`limitMax`; ask again from the last version + 1 while the answer is this long.
    /// - Returns: Consecutive versions; empty where the stream does not exist or ends before.
    /// - Throws: `EventStoreError.streamHole`; `PGError`.
    package func stream(
        country: CountryCode, _ stream: StreamName, from version: Int64 = 1, limit: Int = limitMax
    ) async throws -> [StoredEvent] {
        let rows = try await pool.query(
            SQL.readStream,
            [.text(country.text), .text(stream.text), .int(version), .int(Int64(min(limit, Self.limitMax)))])
        return try (0..<rows.count).map { row in
            let event = try StoredEvent(rows, row)
            guard event.version == version + Int64(row) else {
                throw EventStoreError.streamHole(stream, expectedVersion: version + Int64(row))
            }
            return event
        }
    }

    /// Reads a shard in the order in which it is published, up to what is stamped.
    ///
    /// - Parameters:
    ///   - shard: Which.
    ///   - position: The last position that is known already, 0 for none.
    ///   - limit: 1...`limitMax`.
    /// - Returns: Positions `position` + 1, + 2 … without a gap; empty at the end.
    /// - Throws: `EventStoreError.hole` when the store lacks a position below one that it has; `PGError`.
    package func positions(
        of shard: Shard, after position: Int64, limit: Int = limitMax
    ) async throws -> [PositionedEvent] {
        try await pool.withSession { session in
            try await Self.positions(of: shard, after: position, limit: limit, on: session)
        }
    }

    /// As above, on a session of the caller's, so in its snapshot.
    ///
    /// - Throws: As above.
    package static func positions(
        of shard: Shard, after position: Int64, limit: Int, on session: PGSession
    ) async throws -> [PositionedEvent] {
        let rows = try await session.query(
            SQL.readPositions, [.int(Int64(shard.number)), .int(position), .int(Int64(min(limit, limitMax)))])
        return try (0..<rows.count).map { row in
            let event = try PositionedEvent(rows, row)
            guard event.position == position + 1 + Int64(row) else {
                throw EventStoreError.hole(shard: shard.number, expectedPosition: position + 1 + Int64(row))
            }
            return event
        }
    }

    /// How far each shard is stamped and acknowledged, in one snapshot.
    ///
    /// - Returns: One entry a shard of `Shard.sealed`, in order.
    /// - Throws: `PGError`.
    package func heads() async throws -> [ShardHead] {
        try await pool.withSession { session in try await Self.heads(on: session) }
    }

    /// As above, on a session of the caller's, so in its snapshot.
    ///
    /// - Throws: `PGError`.
    package static func heads(on session: PGSession) async throws -> [ShardHead] {
        let rows = try await session.query(SQL.readShardHeads)
        return (0..<rows.count).map { row in
            let shard = Shard(Int(rows.int(row, 0)))
            let stamped = rows.int(row, 1)
            return ShardHead(
                shard: shard, stamped: stamped, acknowledged: shard == .recordedOnly ? stamped : rows.int(row, 2))
        }
    }
}

/// How far a shard is.
package struct ShardHead: Hashable, Sendable {
    /// Which shard.
    package let shard: Shard
    /// The last position that was given; 0: none.
    package let stamped: Int64
    /// The last position that is known to be in Kafka, 0 for none; what lies between may be there too.
    ///
    /// What is recorded only needs no acknowledgement: `stamped`.
    package let acknowledged: Int64
}
