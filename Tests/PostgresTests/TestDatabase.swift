import Glibc
import Postgres
import Testing

/// A database of its own for one test, on the server of `TEST_DATABASE_URL`, dropped when the test is done.
struct TestDatabase: Sendable {
    let url: String
    let name: String

    struct NoServer: Error, CustomStringConvertible {
        let description = "TEST_DATABASE_URL is not set: these tests need a real PostgreSQL (make test starts one)"
    }

    /// Where the server is, as a superuser.
    static func serverURL() throws -> String {
        guard let value = getenv("TEST_DATABASE_URL") else { throw NoServer() }
        return String(cString: value)
    }

    static func with(_ body: (TestDatabase) async throws -> Void) async throws {
        let server = try serverURL()
        let name = "pgtest_\(getpid())_\(UInt32.random(in: 0 ... .max))"
        let admin = PGPool(url: server, label: "pgtest-admin", sessionsMax: 1)
        _ = try await admin.query(SQLStatement(name: "create_database", text: "CREATE DATABASE \(name)"))
        let separator = server.contains("?") ? "&" : "?"
        let outcome: Result<Void, any Error>
        do {
            try await body(TestDatabase(url: "\(server)\(separator)dbname=\(name)", name: name))
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        _ = try await admin.query(SQLStatement(name: "drop_database", text: "DROP DATABASE \(name) WITH (FORCE)"))
        await admin.close()
        try outcome.get()
    }

    /// A pool on this database, closed after `body`.
    func withPool<T: Sendable>(
        sessionsMax: Int = 2, acquireTimeout: Duration = .seconds(5), statementTimeout: Duration? = nil,
        _ body: (PGPool) async throws -> T
    ) async throws -> T {
        let pool = PGPool(
            url: url, label: name, sessionsMax: sessionsMax, acquireTimeout: acquireTimeout,
            statementTimeout: statementTimeout)
        do {
            let value = try await body(pool)
            await pool.close()
            return value
        } catch {
            await pool.close()
            throw error
        }
    }
}

extension PGPool {
    /// Runs a text that needs no name.
    func query(_ text: String, _ parameters: [PGValue] = []) async throws -> PGRows {
        try await query(SQLStatement(name: text, text: text), parameters)
    }
}

extension PGSession {
    /// Runs a text that needs no name.
    func query(_ text: String, _ parameters: [PGValue] = []) async throws -> PGRows {
        try await query(SQLStatement(name: text, text: text), parameters)
    }

    /// The process that serves this session.
    func backend() async throws -> Int64 {
        try await query("SELECT pg_backend_pid()").int(0, 0)
    }
}

extension PGStep {
    /// A step of a text that needs no name.
    init(_ text: String, _ parameters: [PGValue] = []) {
        self.init(SQLStatement(name: text, text: text), parameters)
    }
}

/// The `PGError` that `body` throws.
func failure(_ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) async throws -> PGError
{
    do {
        try await body()
    } catch let error as PGError {
        return error
    }
    return try #require(nil as PGError?, "a PGError was expected", sourceLocation: sourceLocation)
}

/// Asks again every 2 ms until `condition` holds; fails after ten seconds.
func eventually(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(10)
    while clock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(2))
    }
    Issue.record(what, sourceLocation: sourceLocation)
}
