package import Domain
import Postgres

extension EventReader {
    /// Reads what happened to one practitioner in the order in which it is published, up to a position.
    ///
    /// - Parameters:
    ///   - practitioner: Whose events: of a move between two, the side with this key.
    ///   - shard: Of the practitioner.
    ///   - position: The last one that is wanted; what has none yet is left out.
    ///   - date: Only what says something about this grid day or a later one; nil: all.
    /// - Returns: With their positions, in order.
    /// - Throws: `EventStoreError`; `PGError`.
    package func events(
        of practitioner: PractitionerID, _ shard: Shard, through position: Int64, relevantSince date: LocalDate? = nil
    ) async throws -> [PositionedEvent] {
        let rows = try await pool.query(
            SQL.readKey,
            [
                .uuid(practitioner.high, practitioner.low), .int(Int64(shard.number)), .int(position),
                date.map { .date($0.days) } ?? .null,
            ])
        return try (0..<rows.count).map { try PositionedEvent(rows, $0) }
    }
}
