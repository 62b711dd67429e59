package import Domain
package import EventStore
package import Postgres
package import ProjectionRunner

/// A document in few words, as it comes in a stream of all of them; valid only in the closure that got it.
package struct DocumentInBrief {
    static let fieldCount = 7

    private let row: PGBinaryRow
    private let gridHashes: [Int32: UInt64]

    init(row: PGBinaryRow, gridHashes: [Int32: UInt64]) {
        self.row = row
        self.gridHashes = gridHashes
    }

    /// Whose it is.
    package var practitioner: (high: UInt64, low: UInt64) {
        let id = row.uuid(1)
        return (id.high, id.low)
    }
    /// Where it stands; nil for what is no country.
    package var country: CountryCode? { CountryCode(utf8: row.bytes(0)) }
    /// The Kafka partition that it says it is of.
    package var partition: Int { Int(row.int(2)) }
    /// What PostgreSQL makes of all columns of the profile, of whether it is active, and of its grid.
    package var profileHash: UInt64 {
        let grid = row.isNull(3) ? 0 : gridHashes[Int32(truncatingIfNeeded: row.int(3))] ?? 0
        return UInt64(bitPattern: row.int(6)) ^ grid
    }
    /// The grid day of the first free slots; nil: nothing is known of them.
    package var firstDate: LocalDate? { row.isNull(4) ? nil : LocalDate(days: row.date(4)) }

    /// Free slots as 24 bits a day, slot 0 in the highest of them; days that are not in the document have none.
    ///
    /// - Parameters:
    ///   - days: How many from the document's first day on are to be left out; negative: days before it.
    ///   - body: Gets a function that answers for the day of that number after those left out.
    /// - Returns: What `body` answers.
    package func withFree<T>(after days: Int, _ body: ((Int) -> UInt64) -> T) -> T {
        let bits = row.bytes(5)  // their number, four bytes; then the bits themselves
        return body { day in
            let at = 4 + (days + day) * 3
            guard at >= 4, at + 3 <= bits.count else { return 0 }
            return UInt64(bits[at]) << 16 | UInt64(bits[at + 1]) << 8 | UInt64(bits[at + 2])
        }
    }
}

extension SearchContent {
    /// Where a partition stands, in the snapshot of the session's transaction; nil where it was never built.
    ///
    /// - Throws: `PGError`.
    package func checkpoint(of partition: Shard, on session: PGSession) async throws -> ProjectionCheckpoint? {
        ProjectionCheckpoint(try await session.query(SQL.readCheckpoint, [.int(epoch), .int(Int64(partition.number))]))
    }

    /// Streams all documents of some partitions, in no order, out of one snapshot: as many sessions read as there are
    /// takers, each of which gets some of the documents.
    ///
    /// - Returns: Where each partition stands in that snapshot; nil where it was never built.
    /// - Throws: What a taker throws; `PGError`.
    package func documentsInBrief(
        of partitions: [Shard], to takers: [@Sendable (DocumentInBrief) throws -> Void]
    ) async throws -> [ProjectionCheckpoint?] {
        try await Baseline.withSnapshot(of: pool) { baseline in
            var checkpoints: [ProjectionCheckpoint?] = []
            for shard in partitions { checkpoints.append(try await checkpoint(of: shard, on: baseline.session)) }
            let scan = try await BriefScan(epoch: epoch, partitions, on: baseline.session)
            let (pool, name) = (pool, baseline.snapshotName)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for taker in takers.dropFirst() {
                    group.addTask {
                        try await Baseline.withSnapshot(named: name, of: pool) {
                            try await scan.run(on: $0.session, taker)
                        }
                    }
                }
                if let taker = takers.first { try await scan.run(on: baseline.session, taker) }
                try await group.waitForAll()
            }
            return checkpoints
        }
    }

    /// The documents of some practitioners, each with the hash of its profile, in the snapshot of the session's
    /// transaction.
    ///
    /// - Throws: `PGError`.
    package func documents(
        of keys: [SearchKey], in partition: Shard, on session: PGSession
    ) async throws -> [(document: SearchDocument, profileHash: UInt64)] {
        let rows = try await session.query(
            SQL.readDocumentsOf,
            [.int(epoch), .int(Int64(partition.number)), .countries(keys), .practitioners(keys)])
        return (0..<rows.count).compactMap { row in
            SearchDocument(rows, row).map { ($0, UInt64(bitPattern: rows.int(row, 26))) }
        }
    }
}
