import Domain
import EventStore
import Kafka
import Postgres

/// A database with nothing but events and outbox, made anew for each run, as one domain has it.
struct RelayedStore: Sendable {
    /// Whose events they are.
    enum Domain: String, Sendable {
        case booking, practitioner

        var topic: Topic { self == .booking ? .bookingEvents : .practitionerEvents }
    }

    let server: DatabaseServer
    let domain: Domain

    /// The database's name.
    var database: String { "bench_relay_\(domain.rawValue)" }
    var url: String { server.url(database) }

    static func fresh(_ domain: Domain, _ ground: BenchGround) async throws -> RelayedStore {
        let store = RelayedStore(server: ground.databases, domain: domain)
        try await store.server.create(store.database)
        let pool = store.server.pool(store.database)
        try await Migrations.apply(Migrations.set, component: Migrations.component, in: pool)
        try await Partitions.ensure(countries: [ground.country], in: pool)
        await pool.close()
        return store
    }

    /// Appends events as the command handlers do, in batches and all in one transaction, which is left open.
    func append(_ batches: Int, in session: PGSession, _ batch: (Int) throws -> [EventToAppend]) async throws {
        _ = try await session.query(.begin)
        for number in 0..<batches {
            let events = try batch(number)
            if events.isEmpty { continue }
            let append = EventAppend(events)
            _ = try append.verify(try await session.pipeline(append.steps))
        }
    }

    /// Waits until a relayer holds all shards.
    func waitForOwner() async throws {
        let pool = server.pool(database)
        let leases = SQLStatement(
            name: "bench_leases", text: "SELECT count(*) FROM shard_leases WHERE expires_at > clock_timestamp()")
        _ = try await eventually("the relayer took all shards", within: .seconds(20)) {
            try await pool.query(leases).int(0, 0) == Int64(Shard.sealed.count) ? true : nil
        }
        await pool.close()
    }

    /// Waits until the topic has that many records.
    func waitForRecords(_ count: Int, in cluster: KafkaCluster, _ admin: KafkaAdmin) async throws {
        _ = try await eventually("the backlog is in Kafka", within: .seconds(180), every: .milliseconds(10)) {
            try await cluster.recordCount(domain.topic, admin) >= Int64(count) ? true : nil
        }
    }
}
