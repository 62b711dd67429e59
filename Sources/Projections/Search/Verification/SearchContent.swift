package import Domain
package import EventStore
package import Postgres
package import ProjectionRunner

/// What the documents of an epoch say, for those who compare it with the event stores; reads and changes nothing.
package struct SearchContent: Sendable {
    /// What the model reads, in its order.
    package static let topics: [Topic] = [.practitionerEvents, .availabilityEvents]

    private static let readStanding = SQLStatement(
        name: "read_search_standing", embedded: PackageResources.read_search_standing_sql)

    let pool: PGPool
    let epoch: Int64

    /// Reads the documents of an epoch in the practitioner database.
    package init(pool: PGPool, epoch: Int64 = 1) {
        self.pool = pool
        self.epoch = epoch
    }

    /// Where a partition stands; nil where it was never built.
    ///
    /// - Throws: `PGError`.
    package func standing(of partition: Shard) async throws -> SearchStanding? {
        let parameters: [PGValue] = [.int(epoch), .int(Int64(partition.number))]
        let rows = try await pool.pipeline([
            PGStep(SQL.readCheckpoint, parameters), PGStep(Self.readStanding, parameters),
        ])
        guard let progress = ProjectionCheckpoint(rows[0]) else { return nil }
        return SearchStanding(progress, rows[1])
    }

    /// All documents of a partition with the checkpoint that belongs to them, in the snapshot of the session's
    /// transaction.
    ///
    /// - Returns: In no order; nil where the partition was never built.
    /// - Throws: `PGError`.
    package func documents(
        of partition: Shard, on session: PGSession
    ) async throws -> (checkpoint: ProjectionCheckpoint, documents: [SearchDocument])? {
        let rows = try await session.query(SQL.readCheckpoint, [.int(epoch), .int(Int64(partition.number))])
        guard let checkpoint = ProjectionCheckpoint(rows) else { return nil }
        var documents: [SearchDocument] = []
        try await DocumentScan(epoch: epoch, partition: partition).run(on: session) { documents += $0 }
        return (checkpoint, documents)
    }
}

/// Where the documents of a partition stand.
package struct SearchStanding: Hashable, Sendable {
    /// The documents of one country.
    package struct Extent: Hashable, Sendable {
        /// Which country.
        package let country: CountryCode
        /// How many there are.
        package let documents: Int64
        /// How many of them know nothing of free slots yet.
        package let withoutSlots: Int64
    }

    /// The last position of each topic that went in.
    package let progress: ProjectionCheckpoint
    /// The last moment at which everything in the log was in the documents; nil: never.
    package let caughtUpAt: Instant?
    /// In the order of countries.
    package let extents: [Extent]

    init(_ progress: ProjectionCheckpoint, _ rows: PGRows) {
        self.progress = progress
        caughtUpAt = rows.count > 0 ? rows.timestampOrNil(0, 0).map { Instant(microseconds: $0) } : nil
        extents = (0..<rows.count).compactMap { row in
            rows.textOrNil(row, 1).flatMap { CountryCode($0) }.map { country in
                Extent(country: country, documents: rows.int(row, 2), withoutSlots: rows.int(row, 3))
            }
        }
    }
}
