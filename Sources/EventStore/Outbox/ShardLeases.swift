import Postgres

/// A shard with the epoch in which it is held.
struct HeldShard: Hashable, Sendable {
    let shard: Shard
    let epoch: Int64
}

/// The lease rows of one database, as one owner sees them; every time is the database's.
struct ShardLeases: Sendable {
    let pool: PGPool
    let owner: String
    let duration: Duration

    /// Says that this owner lives; answers how many relayers do.
    func announce() async throws -> Int {
        Int(try await pool.query(SQL.announceRelayer, [.text(owner), .int(milliseconds)]).int(0, 0))
    }

    /// Says that this owner leaves.
    func leave() async throws {
        _ = try await pool.query(SQL.announceRelayer, [.text(owner), .int(0)])
    }

    /// Takes up to `count` shards that nobody holds.
    func acquire(_ count: Int) async throws -> [HeldShard] {
        try held(await pool.query(SQL.acquireShards, [.text(owner), .int(Int64(count)), .int(milliseconds)]))
    }

    /// Ends sessions that lock leases which expired long ago.
    ///
    /// - Returns: How many were ended.
    func endExpiredSessions() async throws -> Int {
        try await pool.query(SQL.endExpiredSessions, [.text(RelayerSettings.applicationNamePrefix)]).count
    }

    /// Renews; answers the shards that are still held.
    func renew(_ shards: [HeldShard]) async throws -> Set<Shard> {
        let rows = try await pool.query(SQL.renewShards, parameters(shards) + [.int(milliseconds)])
        return Set((0..<rows.count).map { Shard(Int(rows.int($0, 0))) })
    }

    /// Takes a new epoch of shards that are still held; the others are not in the answer.
    func advance(_ shards: [HeldShard]) async throws -> [HeldShard] {
        try held(await pool.query(SQL.advanceEpochs, parameters(shards) + [.int(milliseconds)]))
    }

    /// Gives shards back, with what Kafka has acknowledged of them.
    func release(_ shards: [(held: HeldShard, acknowledged: Int64?)]) async throws {
        _ = try await pool.query(
            SQL.releaseShards, parameters(shards.map(\.held)) + [.intArray(shards.map(\.acknowledged))])
    }

    private func parameters(_ shards: [HeldShard]) -> [PGValue] {
        [.text(owner), .intArray(shards.map { Int64($0.shard.number) }), .intArray(shards.map(\.epoch))]
    }

    private func held(_ rows: PGRows) -> [HeldShard] {
        (0..<rows.count).map { HeldShard(shard: Shard(Int(rows.int($0, 0))), epoch: rows.int($0, 1)) }
    }

    private var milliseconds: Int64 { max(1, Int64(duration / .milliseconds(1))) }
}
