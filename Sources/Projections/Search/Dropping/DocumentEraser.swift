package import Postgres

/// Deletes the documents of an epoch that nobody reads any more; may be stopped at any moment and begun again.
package struct DocumentEraser: Sendable {
    /// Rows of one transaction: short enough to hold nothing up.
    private static let batchMax: Int64 = 5_000

    private let pool: PGPool
    private let epoch: Int64

    /// Deletes nothing yet.
    ///
    /// - Parameters:
    ///   - pool: The practitioner database.
    ///   - epoch: Of the documents.
    package init(pool: PGPool, epoch: Int64) {
        self.pool = pool
        self.epoch = epoch
    }

    /// Takes the checkpoints from whoever still writes: from here on a late batch finds that the model is gone.
    ///
    /// - Throws: `PGError`.
    package func disown() async throws {
        _ = try await pool.query(SQL.dropCheckpoints, [.int(epoch)])
    }

    /// Deletes documents and what they are found by, a batch a transaction.
    ///
    /// - Parameter report: Told after each batch how many rows are gone so far.
    /// - Returns: How many rows were deleted.
    /// - Throws: `PGError`; `CancellationError`.
    package func erase(report: (Int) -> Void = { _ in }) async throws -> Int {
        var erased = 0
        for (find, drop) in [(SQL.findDocumentCountry, SQL.dropDocuments), (SQL.findNameCountry, SQL.dropNames)] {
            while true {
                let countries = try await pool.query(find, [.int(epoch)])
                guard countries.count > 0 else { break }
                while true {
                    try Task.checkCancellation()
                    let rows = try await pool.query(
                        drop, [.text(countries.text(0, 0)), .int(epoch), .int(Self.batchMax)])
                    if rows.affected == 0 { break }
                    erased += rows.affected
                    report(erased)
                }
            }
        }
        return erased
    }
}
