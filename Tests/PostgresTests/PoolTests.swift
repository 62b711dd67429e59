import Postgres
import Synchronization
import Testing

@Suite("The pool lends few sessions to many tasks")
struct PoolTests {
    private final class Lent: Sendable {
        let count = Atomic(0)
    }

    @Test("1,000 concurrent tasks on 4 sessions")
    func manyTasksFewSessions() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(sessionsMax: 4, acquireTimeout: .seconds(60)) { pool in
                _ = try await pool.query("CREATE TABLE t (id int8 PRIMARY KEY)")
                let lent = Lent()
                let backends = try await withThrowingTaskGroup(of: Int64.self) { group in
                    for id in 0..<1000 {
                        group.addTask {
                            try await pool.withSession { session in
                                #expect(lent.count.add(1, ordering: .relaxed).newValue <= 4)
                                defer { lent.count.subtract(1, ordering: .relaxed) }
                                _ = try await session.query("INSERT INTO t VALUES ($1)", [.int(Int64(id))])
                                return try await session.backend()
                            }
                        }
                    }
                    return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
                }
                #expect(backends.count <= 4)
                #expect(try await pool.query("SELECT count(*) FROM t").int(0, 0) == 1000)
            }
        }
    }

    @Test func waitingEndsWithAClearError() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(sessionsMax: 1, acquireTimeout: .milliseconds(30)) { pool in
                try await pool.withSession { session in
                    for _ in 1...2 {  // the alarm is set anew for a later waiter
                        let error = try await failure { _ = try await pool.query("SELECT 1") }
                        #expect(error.operation == "acquire_session")
                    }
                    _ = try await session.query("SELECT 1")
                }
                #expect(try await pool.query("SELECT 1::int8").int(0, 0) == 1)
            }
        }
    }

    @Test func aWaiterThatIsCancelledLeavesTheQueue() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(sessionsMax: 1) { pool in
                try await pool.withSession { _ in
                    let waiter = Task { try await pool.query("SELECT 1") }
                    waiter.cancel()
                    await #expect(throws: CancellationError.self) { _ = try await waiter.value }
                }
                #expect(try await pool.query("SELECT 1::int8").int(0, 0) == 1)
            }
        }
    }

    @Test func forgottenTransactionIsNotHandedOn() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(sessionsMax: 1) { pool in
                _ = try await pool.query("CREATE TABLE t (id int8)")
                try await pool.withSession { session in
                    _ = try await session.pipeline([PGStep(.begin), PGStep("INSERT INTO t VALUES (1)")])
                }
                #expect(try await pool.query("SELECT count(*) FROM t").int(0, 0) == 0)
            }
        }
    }

    @Test func transactionCommitsOrRollsBack() async throws {
        struct Refused: Error {}
        try await TestDatabase.with { database in
            try await database.withPool(sessionsMax: 1) { pool in
                _ = try await pool.query("CREATE TABLE t (id int8)")
                let backend = try await pool.transaction { session in
                    _ = try await session.query("INSERT INTO t VALUES (1)")
                    return try await session.backend()
                }
                await #expect(throws: Refused.self) {
                    try await pool.transaction { session in
                        _ = try await session.query("INSERT INTO t VALUES (2)")
                        throw Refused()
                    }
                }
                let readOnly = try await failure {
                    try await pool.transaction(.repeatableRead, readOnly: true) { session in
                        _ = try await session.query("INSERT INTO t VALUES (3)")
                    }
                }
                #expect(readOnly.sqlState == SQLState(rawValue: "25006"))
                #expect(try await pool.query("SELECT count(*) FROM t").int(0, 0) == 1)
                #expect(try await pool.withSession { try await $0.backend() } == backend, "the session was kept")
            }
        }
    }

    @Test func twoWritersOfOneSnapshotAreToldToRetry() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(sessionsMax: 2) { pool in
                _ = try await pool.pipeline([PGStep("CREATE TABLE t (n int8)"), PGStep("INSERT INTO t VALUES (0)")])
                let error = try await failure {
                    try await pool.transaction(.repeatableRead) { session in
                        _ = try await session.query("SELECT n FROM t")
                        _ = try await pool.query("UPDATE t SET n = n + 1")
                        _ = try await session.query("UPDATE t SET n = n + 1")
                    }
                }
                #expect(error.isRetryable && error.sqlState == .serializationFailure)
            }
        }
    }

    @Test func closeWaitsForLentSessionsAndRefusesNewTasks() async throws {
        try await TestDatabase.with { database in
            let pool = PGPool(url: database.url, label: "closing", sessionsMax: 1)
            let (started, start) = AsyncStream<Void>.makeStream()
            let running = Task {
                try await pool.withSession { session in
                    start.yield()
                    return try await session.query("SELECT pg_sleep(0.05), 5::int8").int(0, 1)
                }
            }
            for await _ in started { break }
            await pool.close()
            #expect(try await running.value == 5)
            let error = try await failure { _ = try await pool.query("SELECT 1") }
            #expect(error.operation == "acquire_session")
            await pool.close()
        }
    }

    @Test func nameAndStatementTimeoutReachTheServer() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(statementTimeout: .milliseconds(50)) { pool in
                let shown = try await pool.query("SELECT current_setting('application_name')")
                #expect(shown.text(0, 0) == database.name)
                let error = try await failure { _ = try await pool.query("SELECT pg_sleep(10)") }
                #expect(error.sqlState == .queryCanceled)
                #expect(try await pool.query("SELECT 1::int8").int(0, 0) == 1)
            }
        }
    }
}
