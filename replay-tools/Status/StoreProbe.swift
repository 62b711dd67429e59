import Domain
import EventStore
import Postgres

/// Asks one database where it stands.
struct StoreProbe: Sendable {
    private static let microseconds = 1_000_000.0

    let database: Connections.Database

    /// Outbox and positions, in one round trip.
    ///
    /// - Throws: `Unreachable`; `PGError`.
    func status(of country: CountryCode?) async throws -> DatabaseStatus {
        try await Unreachable.naming(database.dependency) {
            let rows = try await database.pool.pipeline([
                PGStep(SQL.readOutboxDepth, [country.map { .text($0.text) } ?? .null]), PGStep(SQL.readStoreReach),
            ])
            let shards = (0..<rows[1].count).map { row in
                let isRecordedOnly = rows[1].int(row, 0) == Int64(Shard.recordedOnly.number)
                return StoreReach(
                    first: rows[1].int(row, 1), stamped: rows[1].int(row, 2),
                    acknowledged: rows[1].int(row, isRecordedOnly ? 2 : 3),
                    isOwned: rows[1].bool(row, 4))
            }
            return DatabaseStatus(
                name: database.name, isPublished: database.topic != nil, outboxDepth: rows[0].int(0, 0),
                outboxAgeSeconds: Double(rows[0].int(0, 1)) / Self.microseconds, shards: shards)
        }
    }

    /// Transactions that have been open for more than `LongTransaction.secondsMin`.
    ///
    /// - Throws: As above.
    func longTransactions() async throws -> [OpenTransaction] {
        try await Unreachable.naming(database.dependency) {
            try await LongTransaction.open(in: database.pool)
                .map { OpenTransaction(database: database.name, transaction: $0) }
        }
    }

    /// When the event after a position was appended; nil where there is none, or the store has lost it.
    ///
    /// - Throws: As above.
    func recordedAt(after position: Int64, in partition: Shard) async throws -> Instant? {
        try await Unreachable.naming(database.dependency) {
            do {
                return try await EventReader(database.pool).positions(of: partition, after: position, limit: 1).first?
                    .event.recordedAt
            } catch is EventStoreError {
                return nil
            }
        }
    }
}
