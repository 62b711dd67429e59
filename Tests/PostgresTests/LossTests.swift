import Postgres
import Testing

@Suite("Lost connections and cancelled tasks")
struct LossTests {
    @Test("a backend that is killed in the middle of a statement")
    func killedInTheMiddle() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                try await pool.withSession { victim in
                    let backend = try await victim.backend()
                    async let killed = kill(backend, whenRunning: "pg_sleep", pool)
                    let error = try await failure { _ = try await victim.query("SELECT pg_sleep(30)") }
                    let wasKilled = try await killed
                    #expect(wasKilled)
                    #expect(error.isConnectionLost)
                    #expect(error.sqlState == .adminShutdown)
                    #expect(victim.isRetired)
                    let after = try await failure { _ = try await victim.query("SELECT 1") }
                    #expect(after.isConnectionLost, "a lease never goes on over another connection")
                }
                #expect(try await pool.query("SELECT 1::int8").int(0, 0) == 1)
            }
        }
    }

    struct Loss: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var steps: [PGStep]
        var isOutcomeUnknown: Bool
    }

    static let losses: [Loss] = [
        Loss(
            testDescription: "killed before the commit: undone",
            steps: [
                PGStep(.begin), PGStep("INSERT INTO t VALUES (1)"), PGStep("SELECT pg_sleep(30)"), PGStep(.commit),
            ],
            isOutcomeUnknown: false),
        Loss(
            testDescription: "killed while it commits: unknown",
            steps: [PGStep(.begin), PGStep("INSERT INTO slow VALUES (1)"), PGStep(.commit)], isOutcomeUnknown: true),
        Loss(
            testDescription: "killed without a commit in sight: undone",
            steps: [PGStep(.begin), PGStep("SELECT pg_sleep(30)")], isOutcomeUnknown: false),
        Loss(
            testDescription: "killed in the implicit commit: unknown",
            steps: [PGStep("INSERT INTO slow VALUES (1)")], isOutcomeUnknown: true),
    ]

    @Test(arguments: losses)
    func outcomeOfACommitIsUnknownOnlyWhereItIs(_ example: Loss) async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                try await pool.withSession { session in
                    try await session.execute(
                        SQLStatement(
                            name: "tables",
                            text: """
                                CREATE TABLE t (id int8);
                                CREATE TABLE slow (id int8);
                                CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql
                                    AS 'BEGIN PERFORM pg_sleep(30); RETURN NULL; END';
                                CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON slow
                                    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle();
                                """))
                }
                try await pool.withSession { victim in
                    let backend = try await victim.backend()
                    async let killed = kill(backend, whenRunning: nil, pool)
                    let error = try await failure { _ = try await victim.pipeline(example.steps) }
                    let wasKilled = try await killed
                    #expect(wasKilled)
                    #expect(error.isConnectionLost)
                    #expect(error.isOutcomeUnknown == example.isOutcomeUnknown)
                }
            }
        }
    }

    @Test("idle sessions that the server closed are opened anew, unseen")
    func restartWhileIdle() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(sessionsMax: 3) { pool in
                let all =
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
                try await pool.withSession { first in
                    try await pool.withSession { second in
                        _ = try await first.query("SELECT 1")
                        _ = try await second.query("SELECT 1")
                    }
                }
                try await pool.withSession { session in
                    _ = try await session.query("\(all) AND pid <> pg_backend_pid()")
                }
                for _ in 1...20 {
                    try await withThrowingTaskGroup { group in
                        for _ in 1...3 { group.addTask { _ = try await pool.query("SELECT 1") } }
                        try await group.waitForAll()
                    }
                }
            }
        }
    }

    @Test("a server that goes away and comes back on the same pool")
    func networkCut() async throws {
        let (relay, url) = try await TCPRelay.start()
        let label = "cut-\(UInt32.random(in: 0 ... .max))"
        let pool = PGPool(url: url, label: label, sessionsMax: 2)
        _ = try await pool.query("SELECT 1")
        let running = Task { try await pool.query("SELECT pg_sleep(30)") }
        let sleeping = "FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name = $1"
        try await eventually("the statement started") {
            try await pool.query("SELECT count(*) \(sleeping)", [.text(label)]).int(0, 0) == 1
        }
        relay.cut()
        let error = try await failure { _ = try await running.value }
        #expect(error.isConnectionLost && error.sqlState == nil)
        #expect(error.isOutcomeUnknown, "nobody said that the statement did not commit")
        for _ in 1...5 { _ = try await pool.query("SELECT 1") }
        // The server does not know that its reader is gone; it would sleep on.
        _ = try await pool.query("SELECT pg_terminate_backend(pid) \(sleeping)", [.text(label)])
        relay.close()
        let away = try await failure { _ = try await pool.query("SELECT 1") }
        #expect(away.isConnectionLost)
        await pool.close()
    }

    @Test func cancellingATaskStopsItsStatement() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                let sleeper = Task { try await pool.query("SELECT pg_sleep(30)") }
                let sleeping = """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE wait_event = 'PgSleep' AND datname = current_database()
                    """
                try await eventually("the statement started") { try await pool.query(sleeping).int(0, 0) == 1 }
                sleeper.cancel()
                await #expect(throws: CancellationError.self) { _ = try await sleeper.value }
                try await eventually("the statement stopped") { try await pool.query(sleeping).int(0, 0) == 0 }
                for _ in 1...50 { _ = try await pool.query("SELECT 1") }  // no late cancel hits another one
            }
        }
    }

    @Test func cancelledTransactionLeavesNothing() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                _ = try await pool.query("CREATE TABLE t (id int8)")
                for delay in stride(from: 0, to: 4000, by: 200) {
                    let writer = Task {
                        try await pool.transaction { session in
                            _ = try await session.query("INSERT INTO t VALUES (1)")
                            _ = try await session.query("SELECT pg_sleep(0.002)")
                            _ = try await session.query("DELETE FROM t")
                        }
                    }
                    try await Task.sleep(for: .microseconds(delay))
                    writer.cancel()
                    _ = await writer.result
                    #expect(try await pool.query("SELECT count(*) FROM t").int(0, 0) == 0)
                }
            }
        }
    }

    /// Kills a backend as soon as it waits in a statement whose text contains `text`.
    private func kill(_ backend: Int64, whenRunning text: String?, _ pool: PGPool) async throws -> Bool {
        let sleeping = """
            SELECT count(*) FROM pg_stat_activity
            WHERE pid = $1 AND wait_event = 'PgSleep' AND query LIKE '%' || $2 || '%'
            """
        try await eventually("backend \(backend) sleeps") {
            try await pool.query(sleeping, [.int(backend), .text(text ?? "")]).int(0, 0) == 1
        }
        return try await pool.query("SELECT pg_terminate_backend($1::int)", [.int4(Int32(backend))]).bool(0, 0)
    }
}
