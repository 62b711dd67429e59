import Postgres
import TestSupport

/// The servers that one running system stands on.
struct SystemServers: Sendable {
    let booking: TestDatabase
    let practitioner: TestDatabase
    let patient: TestDatabase
    /// What `REDIS_URL` is set to.
    let redisURL: String
    /// The claimed number on the shared Redis; nil where the test has a Redis of its own.
    private let redis: TestRedis?

    /// The role that the application connects as: it owns nothing, so a missing grant fails a test.
    static let applicationRole = "appointments_app"

    /// Takes three databases and a Redis number of the shared servers, or all of the test's own.
    ///
    /// - Throws: `MissingServer`; `PGError`; `RedisError`.
    static func take(own: OwnServers? = nil) async throws -> SystemServers {
        let server = own?.databaseURL
        let redis = own == nil ? try await TestRedis.claim() : nil
        let servers = SystemServers(
            booking: try await TestDatabase.create(for: "booking", on: server),
            practitioner: try await TestDatabase.create(for: "practitioner", on: server),
            patient: try await TestDatabase.create(for: "patient", on: server),
            redisURL: own?.redisURL ?? redis?.url ?? "", redis: redis)
        try await servers.createApplicationRole()
        return servers
    }

    var databases: [TestDatabase] { [booking, practitioner, patient] }

    /// Drops and frees everything; goes on where one of them fails.
    func giveBack() async {
        for database in databases { try? await database.drop() }
        try? await redis?.free()
    }

    /// A Redis that lost everything.
    ///
    /// - Throws: `RedisError`.
    func flushRedis() async throws { try await redis?.flush() }

    /// Roles belong to the whole server, and other suites may be creating them in this moment.
    private func createApplicationRole() async throws {
        let statement = SQLStatement(
            name: "create_application_role",
            text: """
                DO $$ BEGIN
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '\(Self.applicationRole)') THEN
                        CREATE ROLE \(Self.applicationRole) LOGIN;
                    ELSIF NOT (SELECT rolcanlogin FROM pg_roles WHERE rolname = '\(Self.applicationRole)') THEN
                        ALTER ROLE \(Self.applicationRole) LOGIN;
                    END IF;
                END $$
                """)
        let pool = PGPool(url: booking.url, label: "test-roles", sessionsMax: 1)
        do {
            try await eventually("the role \(Self.applicationRole) exists") {
                _ = try await pool.query(statement)
                return true
            }
            await pool.close()
        } catch {
            await pool.close()
            throw error
        }
    }
}
