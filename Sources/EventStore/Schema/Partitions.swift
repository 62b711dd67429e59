package import Domain
package import Postgres

/// Keeps the tables' partitions ahead of time; what is missing goes to DEFAULT partitions and blocks nobody.
package enum Partitions {
    /// Months that are kept ready, the current one included.
    package static let monthsAhead = 4

    /// Creates what is missing; for `migrate`, and for a job every day or so.
    ///
    /// A partition whose rows already went to DEFAULT is not made: they are found there just as well.
    ///
    /// - Parameters:
    ///   - countries: All that are live.
    ///   - months: At least 1, the current one included.
    ///   - pool: May be the application's: the function runs as the owner of the schema.
    /// - Returns: Names of the tables that were made.
    /// - Throws: `PGError`.
    @discardableResult
    package static func ensure(
        countries: [CountryCode], months: Int = monthsAhead, in pool: PGPool
    ) async throws -> [String] {
        precondition(months >= 1, "the current month needs a partition too")
        let made = try await pool.query(
            SQL.ensureEventPartitions, [.textArray(countries.map(\.text)), .int4(Int32(months))])
        return (0..<made.count).map { made.text($0, 0) }
    }
}
