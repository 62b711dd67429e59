import Postgres

/// The private PostgreSQL of the bench, and the databases that it makes there.
struct DatabaseServer: Sendable {
    /// A superuser's URI.
    let url: String

    /// The URI of another database on the same server, as another role where one is given.
    func url(_ database: String, as role: String? = nil) -> String {
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let base = parts[0].lastIndex(of: "/").map { parts[0][...$0] } ?? parts[0]
        var parameters = parts.count > 1 ? parts[1].split(separator: "&").map(String.init) : []
        if let role {
            parameters.removeAll { $0.hasPrefix("user=") }
            parameters.append("user=\(role)")
        }
        return "\(base)\(database)?\(parameters.joined(separator: "&"))"
    }

    /// Makes an empty database, or a copy of `template`; one of that name is dropped first.
    func create(_ database: String, template: String = "template1") async throws {
        let pool = PGPool(url: url, label: "bench-create", sessionsMax: 1)
        try await pool.withSession { session in
            for text in [
                "DROP DATABASE IF EXISTS \(database) WITH (FORCE)",
                "CREATE DATABASE \(database) TEMPLATE \(template) STRATEGY FILE_COPY",
            ] {
                try await session.execute(SQLStatement(name: "create_bench_database", text: text))
            }
        }
        await pool.close()
    }

    /// The application's role as it is in production: it may do what migrations grant it, and log in.
    func createApplicationRole() async throws {
        try await execute(
            """
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'appointments_app') THEN
                    CREATE ROLE appointments_app LOGIN;
                ELSE
                    ALTER ROLE appointments_app LOGIN;
                END IF;
            END $$
            """, in: "postgres")
    }

    /// Runs one statement without parameters.
    func execute(_ text: String, in database: String) async throws {
        let pool = pool(database)
        try await pool.withSession { try await $0.execute(SQLStatement(name: "bench", text: text)) }
        await pool.close()
    }

    /// Runs one query without parameters and answers its first number.
    func number(_ text: String, in database: String) async throws -> Int64 {
        let pool = pool(database)
        let rows = try await pool.query(SQLStatement(name: "bench_number", text: text))
        await pool.close()
        return rows.int(0, 0)
    }

    /// A pool of the superuser's sessions.
    func pool(_ database: String, sessionsMax: Int = 1) -> PGPool {
        PGPool(url: url(database), label: "bench", sessionsMax: sessionsMax)
    }
}
