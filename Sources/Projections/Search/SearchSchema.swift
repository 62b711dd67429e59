package import Domain
package import Postgres

/// The tables of search in the practitioner database, when PostgreSQL is the search engine.
package enum SearchSchema {
    /// What `Migrations` calls these files.
    package static let component = "search"
    /// The migrations, applied in this order after the event store's.
    package static let migrations = [
        SQLStatement(name: "V0001__search", embedded: PackageResources.V0001__search_sql),
        SQLStatement(name: "V0002__profile_hash", embedded: PackageResources.V0002__profile_hash_sql),
    ]

    /// Creates the partitions that countries lack; safe to repeat.
    ///
    /// A partition whose rows already went to DEFAULT is not made: they are found there just as well.
    ///
    /// - Parameters:
    ///   - countries: All that are live.
    ///   - pool: Connects as the owner of the schema.
    /// - Returns: Names of the tables that were made.
    /// - Throws: `PGError`.
    @discardableResult
    package static func ensurePartitions(countries: [CountryCode], in pool: PGPool) async throws -> [String] {
        let made = try await pool.query(SQL.ensurePartitions, [.textArray(countries.map(\.text))])
        return (0..<made.count).filter { made.bool($0, 1) }.map { made.text($0, 0) }
    }
}
