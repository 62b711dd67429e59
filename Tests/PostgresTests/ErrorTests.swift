import Postgres
import Testing

@Suite("Errors say what happened and nothing private")
struct ErrorTests {
    @Test func descriptionQuotesNoRow() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                _ = try await pool.query("CREATE TABLE patient (name text CONSTRAINT name_once UNIQUE)")
                let insert = SQLStatement(name: "insert_patient", text: "INSERT INTO patient VALUES ($1)")
                _ = try await pool.query(insert, [.text("Marie Secret")])
                let error = try await failure { _ = try await pool.query(insert, [.text("Marie Secret")]) }
                #expect("\(error)" == "PGError(23505 by name_once during insert_patient)")
                #expect(!error.localizedText.contains("Marie"))
                #expect(error.debugDescription.contains("Marie Secret"), "the server's text is kept for developers")
                #expect(error.isUniqueViolation && !error.isRetryable && !error.isConnectionLost)
            }
        }
    }

    struct Unreachable: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var url: @Sendable (String) -> String
        var operation = "connect"
        var says: String
    }

    static let unreachable: [Unreachable] = [
        Unreachable(
            testDescription: "database that does not exist", url: { $0 + "&dbname=no_such_database" },
            says: "no_such_database"),
        Unreachable(
            testDescription: "nobody listens", url: { _ in "postgresql://127.0.0.1:1/x" }, says: "refused"),
        Unreachable(
            testDescription: "not a URI", url: { _ in "postgresql://user:pass%zz@host/" },
            operation: "read_connection_uri", says: "%zz"),
    ]

    @Test(arguments: unreachable)
    func connectingFailsWithTheReason(_ example: Unreachable) async throws {
        let session = PGSession(url: example.url(try TestDatabase.serverURL()), label: "unreachable")
        let error = try await failure { try await session.open() }
        #expect(error.operation == example.operation)
        #expect(error.debugDescription.contains(example.says), "\(error.debugDescription)")
        #expect(!"\(error)".contains("pass"))
        #expect(session.isRetired)
    }

    @Test func requiredTLSFailsClearlyOnAServerWithoutIt() async throws {
        let (relay, url) = try await TCPRelay.start()
        let plain = PGSession(url: url, label: "plain")
        try await plain.open()
        await plain.close()
        let required = PGSession(url: "\(url)?sslmode=require", label: "tls")
        let error = try await failure { try await required.open() }
        #expect(error.operation == "connect")
        #expect(error.debugDescription.contains("server does not support SSL, but SSL was required"))
        relay.close()
    }

    @Test func aPoolWithoutServerFailsEveryTaskAndKeepsNoSession() async throws {
        let pool = PGPool(url: "postgresql://127.0.0.1:1/x", label: "nobody", sessionsMax: 2)
        for _ in 1...5 {
            let error = try await failure { _ = try await pool.query("SELECT 1") }
            #expect(error.isConnectionLost && error.operation == "connect")
        }
        await pool.close()
    }
}

extension PGError {
    /// What string interpolation of a type-erased error shows, as a log line would.
    fileprivate var localizedText: String { String(describing: self as any Error) }
}
