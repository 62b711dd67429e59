package import Domain
package import Postgres

/// Keeps the tables' partitions ahead of time; what is missing goes to DEFAULT partitions and blocks nobody.
package enum Partitions {
    /// Months that are kept ready, the current one included.
    package static let monthsAhead = 4

    /// Creates what is missing, each table in a transaction of its own that keeps no reader or writer waiting; for
    /// `migrate`, and for a job every few minutes.
    ///
    /// A partition whose rows already went to DEFAULT is not made: they are found there just as well.
    ///
    /// - Parameters:
    ///   - countries: All that are live.
    ///   - months: At least 1, the current one included.
    ///   - today: The moment by the caller's clock; months are made from the database's clock or from it, whichever is
    ///     earlier, up to the later one's. Nil: the database's alone.
    ///   - attempts: How often to try a table that somebody keeps locked, at least once.
    ///   - pool: May be the application's: the function runs as the owner of the schema.
    /// - Returns: What became of each table that was missing.
    /// - Throws: `PGError`.
    @discardableResult
    package static func ensure(
        countries: [CountryCode], months: Int = monthsAhead, today: Instant? = nil, attempts: Int = 1, in pool: PGPool
    ) async throws -> PartitionsMade {
        precondition(months >= 1, "the current month needs a partition too")
        precondition(attempts >= 1, "what is missing is tried once at least")
        let span: [PGValue] = [today.map { .timestamp($0.microseconds) } ?? .null, .int4(Int32(months))]
        let missing = try await pool.query(SQL.findMissingPartitions, [.textArray(countries.map(\.text))] + span)
        var result = PartitionsMade()
        for name in (0..<missing.count).map({ missing.text($0, 0) }) {
            result.note(name, try await make(name, span, attempts, pool))
        }
        return result
    }

    private static func make(_ name: String, _ span: [PGValue], _ attempts: Int, _ pool: PGPool) async throws -> String
    {
        var outcome = PartitionsMade.busy
        for _ in 0..<attempts where outcome == PartitionsMade.busy {
            outcome = try await pool.query(SQL.makeHistoryPartition, [.text(name)] + span).text(0, 0)
        }
        return outcome
    }
}

/// What became of the tables that were missing.
package struct PartitionsMade: Hashable, Sendable {
    /// Names of those that are there now.
    package private(set) var made: [String] = []
    /// Those that somebody held a lock on: to be tried again.
    package private(set) var busy: [String] = []
    /// Those that are not made: DEFAULT has rows of them, or too many to be looked through while others wait.
    package private(set) var inDefault: [String] = []

    /// What the database says of a table that was locked.
    static let busy = "busy"

    /// Whether every wanted table was there already.
    package var isNothing: Bool { made.isEmpty && busy.isEmpty && inDefault.isEmpty }

    fileprivate mutating func note(_ name: String, _ outcome: String) {
        switch outcome {
        case "made": made.append(name)
        case Self.busy: busy.append(name)
        case "in_default": inDefault.append(name)
        default: break  // somebody else made it meanwhile
        }
    }
}
