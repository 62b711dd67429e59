package import Domain
package import Postgres

/// What quarantine kept out of a model at a moment of the past, for auditors.
package struct QuarantineHistory: Sendable {
    /// How one practitioner stood.
    package struct Standing: Hashable, Sendable {
        /// True: the practitioner waited, and readers were told `unknown`.
        package let waited: Bool
        /// Events that an operator had decided to do without.
        package let skipped: Set<EventID>
    }

    private let pool: PGPool

    /// Reads the database that has the component `projections`: the practitioner database.
    package init(_ pool: PGPool) {
        self.pool = pool
    }

    /// How a practitioner stood in an epoch of a model.
    ///
    /// - Throws: `PGError`.
    package func standing(
        of id: PractitionerID, model: String, epoch: Int64, at moment: Instant
    ) async throws -> Standing {
        let rows = try await pool.query(
            SQL.readQuarantineAt,
            [.text(model), .int(epoch), .uuid(id.high, id.low), .timestamp(moment.microseconds)])
        var waited = false
        var skipped: Set<EventID> = []
        for row in 0..<rows.count {
            if let event = rows.uuidOrNil(row, 0) {
                skipped.insert(EventID(high: event.high, low: event.low))
            } else {
                waited = rows.bool(row, 1)
            }
        }
        return Standing(waited: waited, skipped: skipped)
    }
}
