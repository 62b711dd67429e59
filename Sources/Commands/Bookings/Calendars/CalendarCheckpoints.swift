import Domain
package import Postgres

/// How far the calendars have followed each partition of practitioner-events.
///
/// Kept in booking's own database and written after the changes that it speaks of; applying a change again does
/// nothing, so a checkpoint that is behind costs a second look and never a change.
package struct CalendarCheckpoints: Sendable {
    private let pool: PGPool

    /// Reads and writes through booking's own pool.
    package init(pool: PGPool) { self.pool = pool }

    /// The last sequence that was applied; nil before the first one.
    ///
    /// - Throws: `PGError`.
    package func sequence(of partition: Int) async throws -> Int64? {
        let rows = try await pool.query(SQL.readCalendarCheckpoint, [.int4(Int32(partition))])
        return rows.count == 0 ? nil : rows.int(0, 0)
    }

    /// Says that everything up to `sequence` is applied; an older one than is stored changes nothing.
    ///
    /// - Throws: `PGError`.
    package func advance(_ partition: Int, to sequence: Int64) async throws {
        _ = try await pool.query(SQL.writeCalendarCheckpoint, [.int4(Int32(partition)), .int(sequence)])
    }

    /// Every calendar of a partition with the version of the practitioner that it reflects.
    ///
    /// - Throws: `PGError`.
    package func versions(of partition: Int) async throws -> [CalendarKey: Int64] {
        let rows = try await pool.query(SQL.readCalendarVersions)
        var versions: [CalendarKey: Int64] = [:]
        for row in 0..<rows.count {
            guard let country = CountryCode(rows.text(row, 0)) else { continue }
            let practitioner = PractitionerID(rows.uuid(row, 1))
            guard KafkaPartitioner.partition(of: practitioner) == partition else { continue }
            versions[CalendarKey(country: country, practitionerID: practitioner)] = rows.int(row, 2)
        }
        return versions
    }
}
