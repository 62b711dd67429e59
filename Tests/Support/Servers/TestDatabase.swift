import Foundation
import Postgres
import Synchronization

/// A database that one suite or test has for itself, on the shared private server.
package struct TestDatabase: Sendable {
    /// The superuser's URI of this database.
    package let url: String
    /// Unique on the server, also beside other test runs: `test_relayer_4711_3`.
    package let name: String
    /// The superuser's URI of the server that it lies on.
    let server: String

    private static let created = Mutex(0)

    /// Creates a database, lends it and drops it again, whatever happens in between.
    ///
    /// - Parameters:
    ///   - suite: Lower-case word that says in `psql -l` whose database it is.
    ///   - body: Gets the database; everything in it is gone afterwards.
    /// - Returns: What `body` returned.
    /// - Throws: `MissingServer`; `PGError` where the server refuses; what `body` throws.
    package static func with<T>(
        _ suite: String, _ body: (TestDatabase) async throws -> sending T
    ) async throws -> sending T {
        let database = try await create(for: suite)
        do {
            let result = try await body(database)
            try await database.drop()
            return result
        } catch {
            try? await database.drop()  // the test's own failure is the one worth telling
            throw error
        }
    }

    /// Creates an empty database; the caller drops it.
    ///
    /// Prefer `with`.
    ///
    /// - Parameters:
    ///   - suite: As in `with`.
    ///   - server: A superuser's URI of a server that the test started for itself; nil: the shared one.
    /// - Returns: The empty database.
    /// - Throws: `MissingServer`; `PGError` where the server refuses.
    package static func create(for suite: String, on server: String? = nil) async throws -> TestDatabase {
        let server = try server ?? TestServers.databaseURL()
        let count = created.withLock { count in
            count += 1
            return count
        }
        let name = "test_\(suite)_\(ProcessInfo.processInfo.processIdentifier)_\(count)"
        try await run("CREATE DATABASE \"\(name)\"", on: server)
        return TestDatabase(url: replacingDatabase(in: server, by: name), name: name, server: server)
    }

    /// Drops the database and closes whatever is still connected to it.
    ///
    /// - Throws: `PGError` where the server refuses.
    package func drop() async throws {
        try await Self.run("DROP DATABASE IF EXISTS \"\(name)\" WITH (FORCE)", on: server)
    }

    /// The same database, entered by another role.
    package func url(as role: String) -> String {
        let withoutUser = url.replacing(/([?&])user=[^&]*&?/) { $0.output.1 }
        let separator =
            withoutUser.hasSuffix("?") || withoutUser.hasSuffix("&") ? "" : withoutUser.contains("?") ? "&" : "?"
        return "\(withoutUser)\(separator)user=\(role)"
    }

    /// `postgresql://host:port/old?options` with another database's name in the place of `old`.
    static func replacingDatabase(in url: String, by name: String) -> String {
        url.replacing(/^([a-z]+:\/\/[^\/?]*)(\/[^?]*)?/, maxReplacements: 1) { "\($0.output.1)/\(name)" }
    }

    private static func run(_ command: String, on server: String) async throws {
        let pool = PGPool(url: server, label: "test-databases", sessionsMax: 1)
        do {
            _ = try await pool.query(SQLStatement(name: "test_database", text: command))
            await pool.close()
        } catch {
            await pool.close()
            throw error
        }
    }
}
