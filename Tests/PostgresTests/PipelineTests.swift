import Postgres
import Testing

@Suite("Pipelines and prepared statements")
struct PipelineTests {
    @Test func stepsRunInOrderAndCommitTogether() async throws {
        try await withTable { pool in
            let results = try await pool.pipeline([
                PGStep(.begin), PGStep("INSERT INTO t VALUES (1, 'a')"), PGStep("INSERT INTO t VALUES (2, 'b')"),
                PGStep("SELECT sum(id)::int8 FROM t"), PGStep(.commit),
            ])
            #expect(results.count == 5)
            #expect(results[3].int(0, 0) == 3)
            #expect(try await pool.count() == 2)
        }
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var steps: [PGStep]
        var sqlState: SQLState?
        var constraint: String?
        var operation: String
        var kept: Int64 = 0
    }

    static let refusals: [Refusal] = [
        Refusal(
            testDescription: "duplicate key in a transaction of the pipeline",
            steps: [
                PGStep(.begin), PGStep("INSERT INTO t VALUES (1, 'a')"), PGStep("INSERT INTO t VALUES (1, 'again')"),
                PGStep("INSERT INTO t VALUES (3, 'c')"), PGStep(.commit),
            ], sqlState: .uniqueViolation, constraint: "t_pkey", operation: "INSERT INTO t VALUES (1, 'again')"),
        Refusal(
            testDescription: "duplicate key in the implicit transaction",
            steps: [PGStep("INSERT INTO t VALUES (1, 'a')"), PGStep("INSERT INTO t VALUES (1, 'again')")],
            sqlState: .uniqueViolation, constraint: "t_pkey", operation: "INSERT INTO t VALUES (1, 'again')"),
        Refusal(
            testDescription: "text that does not parse",
            steps: [PGStep(.begin), PGStep("INSERT INTO t VALUES (1, 'a')"), PGStep("SELEC 1"), PGStep(.commit)],
            sqlState: SQLState(rawValue: "42601"), operation: "SELEC 1"),
        Refusal(
            testDescription: "check constraint",
            steps: [PGStep("INSERT INTO t VALUES (-1, 'a')")],
            sqlState: .checkViolation, constraint: "id_positive", operation: "INSERT INTO t VALUES (-1, 'a')"),
        Refusal(
            testDescription: "deferred constraint fails the commit",
            steps: [PGStep(.begin), PGStep("INSERT INTO later VALUES (1), (1)"), PGStep(.commit)],
            sqlState: .uniqueViolation, constraint: "later_id_key", operation: "commit"),
        Refusal(
            testDescription: "deferred constraint fails the implicit commit",
            steps: [PGStep("INSERT INTO t VALUES (5, 'e')"), PGStep("INSERT INTO later VALUES (1), (1)")],
            sqlState: .uniqueViolation, constraint: "later_id_key", operation: "INSERT INTO later VALUES (1), (1)"),
        Refusal(
            testDescription: "a step after the commit",
            steps: [PGStep(.begin), PGStep("INSERT INTO t VALUES (1, 'a')"), PGStep(.commit), PGStep("SELECT 1/0")],
            sqlState: SQLState(rawValue: "22012"), operation: "SELECT 1/0", kept: 1),
    ]

    @Test(arguments: refusals)
    func firstErrorAbortsTheRestAndLeavesTheSessionUsable(_ example: Refusal) async throws {
        try await withTable { pool in
            try await pool.withSession { session in
                for _ in 1...2 {  // the second time nothing of the first may be left: names, transaction, pipeline mode
                    _ = try await session.query("DELETE FROM t")
                    let error = try await failure { _ = try await session.pipeline(example.steps) }
                    #expect(error.sqlState == example.sqlState)
                    #expect(error.constraint == example.constraint)
                    #expect(error.operation == example.operation)
                    #expect(!session.isInTransaction)
                    #expect(!session.isRetired)
                    #expect(try await session.query("SELECT count(*) FROM t").int(0, 0) == example.kept)
                }
            }
        }
    }

    @Test func errorInsideAnOlderTransactionWaitsForItsRollback() async throws {
        try await withTable { pool in
            try await pool.withSession { session in
                _ = try await session.query(.begin)
                _ = try await session.query("INSERT INTO t VALUES (1, 'a')")
                _ = try await failure { _ = try await session.pipeline([PGStep("SELECT 1/0")]) }
                #expect(session.isInTransaction)
                let refused = try await failure { _ = try await session.query("SELECT 1") }
                #expect(refused.sqlState == SQLState(rawValue: "25P02"))
                try await session.rollback()
                #expect(!session.isInTransaction)
                #expect(try await session.query("SELECT count(*) FROM t").int(0, 0) == 0)
            }
        }
    }

    @Test("a pipeline larger than every buffer on the way does not block")
    func largePipeline() async throws {
        try await withTable { pool in
            let blob = PGValue.bytes([UInt8](repeating: 7, count: 1_000_000))
            let results = try await pool.pipeline((1...24).map { _ in PGStep("SELECT $1", [blob]) })
            #expect(results.count == 24)
            #expect(results.allSatisfy { $0.bytes(0, 0).count == 1_000_000 })
        }
    }

    @Test func preparedOnceAndPreparedAnewWhenTheResultChanges() async throws {
        try await withTable { pool in
            let all = SQLStatement(name: "all_of_t", text: "SELECT * FROM t")
            try await pool.withSession { session in
                for _ in 1...3 { _ = try await session.query(all) }
                let known = "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT * FROM t'"
                #expect(try await session.query(known).int(0, 0) == 1)
                _ = try await session.query("ALTER TABLE t ADD COLUMN more int8")
                #expect(try await session.query(all).columnCount == 3)
                _ = try await session.query("DEALLOCATE ALL")
                #expect(try await session.query(all).columnCount == 3)
                #expect(try await session.query(known).int(0, 0) == 1)
            }
        }
    }

    @Test func staleStatementInsideATransactionIsRetryable() async throws {
        try await withTable { pool in
            let all = SQLStatement(name: "all_of_t", text: "SELECT * FROM t")
            try await pool.withSession { session in
                _ = try await session.query(all)
                _ = try await session.query("ALTER TABLE t ADD COLUMN more int8")
                _ = try await session.query(.begin)
                let error = try await failure { _ = try await session.query(all) }
                #expect(error.isRetryable)
                try await session.rollback()
                #expect(try await session.pipeline([PGStep(.begin), PGStep(all), PGStep(.commit)])[1].columnCount == 3)
            }
        }
    }

    @Test("NULL first, a value later, another type, another text under the same name")
    func parameterTypesDoNotMixUp() async throws {
        try await withTable { pool in
            try await pool.withSession { session in
                let insert = SQLStatement(name: "insert", text: "INSERT INTO t VALUES ($1, $2) RETURNING id")
                _ = try await session.query(insert, [.int4(1), .null])
                _ = try await session.query(insert, [.int(2), .text("b")])
                _ = try await session.query(insert, [.int2(3), .null])
                let other = SQLStatement(name: "insert", text: "SELECT 42::int8")
                #expect(try await session.query(other).int(0, 0) == 42)
                #expect(try await session.query("SELECT count(*) FROM t").int(0, 0) == 3)
            }
        }
    }

    @Test func textsMadeAtRunTimeDoNotFillTheServer() async throws {
        try await withTable { pool in
            try await pool.withSession { session in
                for batch in 0..<5 {
                    _ = try await session.pipeline((0..<500).map { PGStep("SELECT \(batch * 500 + $0)") })
                }
                #expect(try await session.query("SELECT count(*) FROM pg_prepared_statements").int(0, 0) <= 1501)
            }
        }
    }

    private func withTable(_ body: (PGPool) async throws -> Void) async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                try await pool.withSession { session in
                    try await session.execute(
                        SQLStatement(
                            name: "tables",
                            text: """
                                CREATE TABLE t (id int8 PRIMARY KEY CONSTRAINT id_positive CHECK (id > 0), name text);
                                CREATE TABLE later (id int8 UNIQUE DEFERRABLE INITIALLY DEFERRED);
                                """))
                }
                try await body(pool)
            }
        }
    }
}

extension PGPool {
    fileprivate func count() async throws -> Int64 { try await query("SELECT count(*) FROM t").int(0, 0) }
}
