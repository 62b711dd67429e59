package import Postgres

/// Proves that a database's history is the one that was sealed, or names what is not.
///
/// Every row is read in one snapshot, its leaf and the trees are computed anew, and the roots are compared with heads
/// that were signed and kept outside the database. The heads must have been read before: what is appended and sealed
/// meanwhile is then no finding.
///
/// ```swift
/// let book = try await HeadBook.read(log, publicKey: key)
/// let report = try await HistoryVerifier(database: "booking", pool: pool, book: book).verify(.whole)
/// ```
package struct HistoryVerifier: Sendable {
    /// Connections that one verification holds at the same time; the pool must have as many.
    package static let sessionCount = 3

    private let database: String
    private let pool: PGPool
    private let book: HeadBook

    /// Verifies one database.
    ///
    /// - Parameters:
    ///   - database: As it stands in the origins of heads: `booking`.
    ///   - pool: Of at least `sessionCount` sessions; a role that may only read will do.
    ///   - book: The heads, read before this.
    package init(database: String, pool: PGPool, book: HeadBook) {
        self.database = database
        self.pool = pool
        self.book = book
    }

    /// Reads and compares.
    ///
    /// - Parameters:
    ///   - scope: Which part.
    ///   - progress: Told after every stretch of some hundred thousand rows.
    /// - Returns: What was found, and how far rows and heads agree.
    /// - Throws: `HistoryNotCovered`; `PGError`; `HistoryFormatError`; `CancellationError`.
    package func verify(
        _ scope: HistoryScope, _ progress: @escaping @Sendable (HistoryProgress) -> Void = { _ in }
    ) async throws -> HistoryReport {
        try await pool.transaction(.repeatableRead, readOnly: true) { main in
            let snapshot = try await main.query(SQL.exportSnapshot).text(0, 0)
            return try await withReader(of: snapshot) { first in
                try await withReader(of: snapshot) { second in
                    let reading = HistoryReading(session: main)
                    let plans = try await ScopePlanner(database: database, book: book, reading: reading)
                        .plans(for: scope)
                    let verification = HistoryVerification(
                        database: database, scope: scope, plans: plans, reading: reading, readers: [first, second])
                    return try await verification.run(progress)
                }
            }
        }
    }

    /// Lends a session that sees the snapshot.
    private func withReader<T: Sendable>(
        of snapshot: String, _ body: (PGSession) async throws -> T
    ) async throws -> T {
        try await pool.transaction(.repeatableRead, readOnly: true) { session in
            // A stretch is a good part of a small table: without a word the planner would read all of it for each.
            try await session.execute(
                SQLStatement(
                    name: "join_snapshot",
                    text: """
                        SET TRANSACTION SNAPSHOT '\(snapshot)';
                        SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0
                        """))
            return try await body(session)
        }
    }
}
