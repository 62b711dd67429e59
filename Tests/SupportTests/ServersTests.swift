import Postgres
import Redis
import Testing

@testable import TestSupport

/// What tests stand on must itself stand: servers of one's own, found and given back.
@Suite struct ServersTests {
    @Test(arguments: [
        ("postgresql:///postgres?host=/run/x&port=1", "postgresql:///mine?host=/run/x&port=1"),
        ("postgresql://me@db:5432/postgres", "postgresql://me@db:5432/mine"),
        ("postgresql://db", "postgresql://db/mine"),
    ])
    func namesAnotherDatabase(_ url: String, _ expected: String) {
        #expect(TestDatabase.replacingDatabase(in: url, by: "mine") == expected)
    }

    @Test(arguments: [
        ("postgresql:///x?host=/run&user=postgres", "postgresql:///x?host=/run&user=app"),
        ("postgresql:///x?user=postgres&host=/run", "postgresql:///x?host=/run&user=app"),
        ("postgresql:///x?user=postgres", "postgresql:///x?user=app"),
        ("postgresql:///x", "postgresql:///x?user=app"),
    ])
    func namesAnotherRole(_ url: String, _ expected: String) {
        #expect(TestDatabase(url: url, name: "x", server: url).url(as: "app") == expected)
    }

    @Test func aDatabaseIsEmptyAndGoneAfterwards() async throws {
        let exists = SQLStatement(name: "exists", text: "SELECT 1 FROM pg_database WHERE datname = $1")
        let server = PGPool(url: try TestServers.databaseURL(), label: "support-tests", sessionsMax: 1)
        let name = try await TestDatabase.with("support") { database in
            let pool = PGPool(url: database.url, label: "support-tests", sessionsMax: 1)
            let current = try await pool.query(SQLStatement(name: "current", text: "SELECT current_database()::text"))
            #expect(current.text(0, 0) == database.name)
            await pool.close()
            return database.name
        }
        #expect(try await server.query(exists, [.text(name)]).count == 0)
        await server.close()
    }

    @Test func twoClaimsNeverShareARedisDatabase() async throws {
        try await TestRedis.with { one in
            try await TestRedis.with { other in #expect(one.url != other.url) }
            let client = try RedisClient(url: one.url, label: "support-tests", timeout: .seconds(5))
            _ = try await client.call(RedisCommand("SET", ["key", "value"]))
            try await one.flush()
            #expect(try await client.call(RedisCommand("DBSIZE")).integer == 0)
            await client.close()
        }
    }
}
