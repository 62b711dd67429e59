import Domain
import EventStore
import Postgres

/// A database with nothing but events and outbox, made anew for each run.
struct RelayedStore: Sendable {
    static let database = "bench_relay"

    let server: DatabaseServer
    var url: String { server.url(Self.database) }

    static func fresh(_ server: DatabaseServer) async throws -> RelayedStore {
        try await server.create(database)
        let pool = server.pool(database)
        try await Migrations.apply(Migrations.set, component: Migrations.component, in: pool)
        if let france = CountryCode("fr") { try await Partitions.ensure(countries: [france], in: pool) }
        await pool.close()
        return RelayedStore(server: server)
    }

    /// Appends events as the command handlers do, many in a statement and all in one transaction, which is left open.
    func append(_ count: Int, in session: PGSession) async throws {
        let history = BookingHistory(first: 0)
        _ = try await session.query(.begin)
        for start in stride(from: 0, to: count, by: 4_000) {
            let events = (start..<min(start + 4_000, count)).compactMap(history.event)
            let append = EventAppend(events)
            _ = try append.verify(try await session.pipeline(append.steps))
        }
    }

    /// Waits until a relayer holds all shards.
    func waitForOwner() async throws {
        let pool = server.pool(Self.database)
        let leases = SQLStatement(
            name: "bench_leases", text: "SELECT count(*) FROM shard_leases WHERE expires_at > clock_timestamp()")
        _ = try await eventually("the relayer took all shards", within: .seconds(20)) {
            try await pool.query(leases).int(0, 0) == Int64(Shard.count) ? true : nil
        }
        await pool.close()
    }
}
