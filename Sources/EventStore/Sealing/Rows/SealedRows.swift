package import Postgres

/// Reads the rows of a tree by position, as they are sealed.
package enum SealedRows {
    /// Positions of one round trip, at most.
    package static let limitMax = 5_000

    /// The hashes of leaves, in order and without a gap.
    ///
    /// - Parameters:
    ///   - tree: Whose.
    ///   - position: The last position that is known already; that of the first leaf is one more.
    ///   - count: How many; all of them must have been stamped.
    ///   - session: Where to read, so in whose snapshot.
    /// - Returns: `count` hashes.
    /// - Throws: `SealFault.rowMissing`, `SealFault.rowDoubled`; `PGError`.
    package static func leaves(
        of tree: SealedTree, after position: Int64, count: Int, on session: PGSession
    ) async throws -> [TreeHash] {
        var leaves: [TreeHash] = []
        leaves.reserveCapacity(count)
        var hasher = TreeHasher()
        var canonical = CanonicalRow(of: tree)
        while leaves.count < count {
            let known = position + Int64(leaves.count)
            let limit = min(limitMax, count - leaves.count)
            let rows = try await session.query(
                SQL.readRowsToSeal, [.int(Int64(tree.shard.number)), .int(known), .int(Int64(limit))])
            for row in 0..<min(rows.count, limit) {
                try check(rows.int(row, 0), expected: known + 1 + Int64(row), of: tree)
                canonical.write(rows, row)
                leaves.append(hasher.leaf(canonical.bytes))
            }
            if rows.count < limit { throw SealFault.rowMissing(tree, position: position + 1 + Int64(leaves.count)) }
            if rows.count > limit { throw SealFault.rowDoubled(tree, position: known + Int64(limit)) }
        }
        return leaves
    }

    /// One row as it is sealed; nil where the position was not given yet.
    ///
    /// - Throws: `SealFault.rowDoubled`; `SealedRowError`; `PGError`.
    package static func row(
        of tree: SealedTree, at position: Int64, on session: PGSession
    ) async throws -> SealedRow? {
        let rows = try await session.query(
            SQL.readRowsToSeal, [.int(Int64(tree.shard.number)), .int(position - 1), .int(1)])
        if rows.count == 0 { return nil }
        if rows.count > 1 { throw SealFault.rowDoubled(tree, position: position) }
        var canonical = CanonicalRow(of: tree)
        canonical.write(rows, 0)
        return try CanonicalRow.row(reading: canonical.bytes)
    }

    private static func check(_ position: Int64, expected: Int64, of tree: SealedTree) throws(SealFault) {
        if position > expected { throw .rowMissing(tree, position: expected) }
        if position < expected { throw .rowDoubled(tree, position: position) }
    }
}
