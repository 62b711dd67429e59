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

    /// What a first booking in a new country meets while the country's partition is made.
    @Test("a row whose partition is attached on its way is written again; a CHECK is not asked twice")
    func partitionsComeBetween() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(sessionsMax: 3) { pool in
                for text in [
                    "CREATE TABLE booking (country text, slots int CONSTRAINT has_slots CHECK (slots > 0)) "
                        + "PARTITION BY LIST (country)",
                    "CREATE TABLE booking_default PARTITION OF booking DEFAULT",
                    "CREATE TABLE booking_in (country text, slots int CONSTRAINT has_slots CHECK (slots > 0))",
                ] { _ = try await pool.query(SQLStatement(name: "make_table", text: text)) }
                let insert = SQLStatement(name: "insert_booking", text: "INSERT INTO booking VALUES ('in', $1)")
                let writing = try await pool.transaction { session in
                    try await session.execute(
                        SQLStatement(
                            name: "attach", text: "ALTER TABLE booking ATTACH PARTITION booking_in FOR VALUES IN ('in')"
                        ))
                    let writing = Task { try await failure { _ = try await pool.query(insert, [.int(1)]) } }
                    let waiting = SQLStatement(
                        name: "count_waiting",
                        text:
                            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'booking_default'::regclass"
                    )
                    try await eventually("the row waits") { try await pool.query(waiting).int(0, 0) == 1 }
                    return writing
                }
                let error = try await writing.value
                #expect("\(error)" == "PGError(23514 during insert_booking)" && error.isRetryable)
                _ = try await pool.query(insert, [.int(1)])
                let check = try await failure { _ = try await pool.query(insert, [.int(0)]) }
                #expect("\(check)" == "PGError(23514 by has_slots during insert_booking)" && !check.isRetryable)
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
