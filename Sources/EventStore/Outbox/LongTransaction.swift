package import Domain
package import Postgres

/// A transaction that has been open for long: what it has locked, others wait for; what it may still see, nobody
/// cleans.
package struct LongTransaction: Hashable, Sendable {
    /// How long a transaction may be open before it is named, in seconds.
    package static let secondsMin: Int64 = 5

    /// The server process; `SELECT pg_terminate_backend(pid)` ends it.
    package let pid: Int64
    /// What the client calls itself; empty where it does not, or this role may not see it.
    package let application: String
    /// The database role; empty where this role may not see it.
    package let user: String
    /// As `pg_stat_activity` says; empty where this role may not see it.
    package let state: String
    /// When it began.
    package let since: Instant
    /// How long it has been open, by the database's clock.
    package let seconds: Double
    /// Whether it has locked, or written, calendars: then bookings of those practitioners wait for it.
    package let holdsCalendars: Bool

    /// Tells one transaction from another: a server process has one at a time.
    struct Name: Hashable, Sendable {
        let pid: Int64
        let since: Instant
    }

    /// Whose it is, as metrics say: one may have several, and others of the same name before and after.
    struct Holder: Hashable, Sendable {
        let user: String
        let application: String
    }

    /// Whose it is.
    var holder: Holder { Holder(user: user, application: application) }

    /// What tells it from others.
    var name: Name { Name(pid: pid, since: since) }

    /// Those that are open now, the oldest first.
    ///
    /// - Parameters:
    ///   - seconds: For how long at least.
    ///   - pool: The database.
    /// - Returns: What this role may see of them (`pg_read_all_stats`: all).
    /// - Throws: `PGError`.
    package static func open(for seconds: Int64 = secondsMin, in pool: PGPool) async throws -> [LongTransaction] {
        let rows = try await pool.query(SQL.readLongTransactions, [.int(seconds)])
        return (0..<rows.count).map { row in
            LongTransaction(
                pid: rows.int(row, 0), application: rows.text(row, 1), user: rows.text(row, 2),
                state: rows.text(row, 3), since: Instant(microseconds: rows.timestamp(row, 4)),
                seconds: Double(rows.int(row, 5)) / 1_000_000, holdsCalendars: rows.bool(row, 6))
        }
    }
}
