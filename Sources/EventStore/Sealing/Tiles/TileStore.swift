import Postgres

/// The tiles of one shard's tree in the database: they are written once, and whoever writes them again must find the
/// same.
struct TileStore: Sendable {
    /// A tile of the next level would stand over 2^64 events.
    private static let levelMax = 6

    let tree: SealedTree

    private var shard: PGValue { .int2(Int16(tree.shard.number)) }

    /// Keeps complete tiles; those that another sealer was faster with are compared.
    ///
    /// - Throws: `SealFault.tileDiffers` where a tile is there with another content; `PGError`.
    func write(_ tiles: [SealTile], on session: PGSession) async throws {
        if tiles.isEmpty { return }
        let written = try await session.query(
            SQL.insertSealTiles,
            [
                shard, .int2Array(tiles.map { Int16($0.level) }), .intArray(tiles.map(\.number)),
                .bytesArray(tiles.map(\.root.bytes)), .bytesArray(tiles.map { Self.bytes(of: $0.hashes) }),
            ])
        if written.count == tiles.count { return }
        let new = Set((0..<written.count).map { TileName(level: Int(written.int($0, 0)), number: written.int($0, 1)) })
        for (level, there) in Dictionary(grouping: tiles, by: \.level) {
            let known = there.filter { !new.contains(TileName(level: level, number: $0.number)) }
            let stored = try await read(level: level, known.map(\.number), on: session)
            for tile in known where stored[tile.number] != tile {
                throw SealFault.tileDiffers(tree, level: level, tile: tile.number)
            }
        }
    }

    /// Keeps the leaves that are in no complete tile, as witnesses of which row is wrong if one ever is.
    ///
    /// - Parameters:
    ///   - leaves: Fewer than 256.
    ///   - size: Leaves of the tree, these included.
    ///   - session: Where to write.
    /// - Throws: `PGError`.
    func writeEdge(_ leaves: [TreeHash], size: Int64, on session: PGSession) async throws {
        _ = try await session.query(
            SQL.writeSealEdge, [shard, .int(size - Int64(leaves.count)), .bytes(Self.bytes(of: leaves))])
    }

    /// Whether the database has anything of this tree: then it was sealed before.
    ///
    /// - Throws: `PGError`.
    func isKnown(on session: PGSession) async throws -> Bool {
        try await session.query(SQL.wasSealed, [shard]).bool(0, 0)
    }

    /// Complete tiles by their numbers; what is not there is missing.
    ///
    /// - Throws: `PGError`.
    func read(level: Int, _ numbers: [Int64], on session: PGSession) async throws -> [Int64: SealTile] {
        if numbers.isEmpty { return [:] }
        let rows = try await session.query(
            SQL.readSealTiles, [shard, .int2(Int16(level)), .intArray(numbers)])
        var tiles: [Int64: SealTile] = [:]
        for row in 0..<rows.count {
            let number = rows.int(row, 0)
            tiles[number] = SealTile(
                level: level, number: number, root: Self.hash(rows, row, 1),
                hashes: rows.withBytes(row, 2) { (bytes) throws(Never) in Self.hashes(bytes) })
        }
        return tiles
    }

    /// What complete tiles come to; a tile that is not there is missing.
    ///
    /// - Throws: `PGError`.
    func roots(level: Int, _ numbers: Range<Int64>, on session: PGSession) async throws -> [Int64: TreeHash] {
        if numbers.isEmpty { return [:] }
        let rows = try await session.query(
            SQL.readTileRoots, [shard, .int2(Int16(level)), .int(numbers.lowerBound), .int(numbers.upperBound)])
        var roots: [Int64: TreeHash] = [:]
        for row in 0..<rows.count { roots[rows.int(row, 0)] = Self.hash(rows, row, 1) }
        return roots
    }

    /// The edge of the largest tree, of a multiple of 256 leaves and no more than `sizeMax`, that has all its tiles.
    ///
    /// - Throws: `PGError`.
    func edge(sizeMax: Int64, on session: PGSession) async throws -> TreeEdge {
        let counts = try await session.query(SQL.countSealTiles, [shard])
        var tileCounts: [Int: Int64] = [:]
        for row in 0..<counts.count { tileCounts[Int(counts.int(row, 0))] = counts.int(row, 1) }
        let width = Int64(SealTile.width)
        var size = min(sizeMax / width, tileCounts[0] ?? 0) * width
        for level in 1...Self.levelMax {
            // A tile of this level is complete after so many leaves; where one is missing, go back to before it.
            let leavesPerTile = Int64(1) << Int64((level + 1) * SealTile.heightPerLevel)
            size = min(size, ((tileCounts[level] ?? 0) + 1) * leavesPerTile - width)
        }
        var above: [[TreeHash]] = []
        var level = 1
        while size >> Int64(level * SealTile.heightPerLevel) > 0 {
            let wanted = TreeEdge.incomplete(level: level, size: size)
            let roots = try await roots(level: level - 1, wanted, on: session)
            above.append(wanted.compactMap { roots[$0] })
            level += 1
        }
        return TreeEdge(size: size, above: above)
    }

    private struct TileName: Hashable {
        let level: Int
        let number: Int64
    }

    private static func hash(_ rows: PGRows, _ row: Int, _ column: Int) -> TreeHash {
        rows.withBytes(row, column) { (bytes) throws(Never) in TreeHash(reading: bytes) }
    }

    private static func bytes(of hashes: [TreeHash]) -> [UInt8] { hashes.withUnsafeBytes { Array($0) } }

    private static func hashes(_ bytes: UnsafeRawBufferPointer) -> [TreeHash] {
        stride(from: 0, to: bytes.count, by: TreeHash.byteCount).map { start in
            TreeHash(reading: UnsafeRawBufferPointer(rebasing: bytes[start..<(start + TreeHash.byteCount)]))
        }
    }
}
