/// A complete tile: the 256 hashes of a level that stand beside each other, and the hash that they come to.
struct SealTile: Hashable, Sendable {
    /// Hashes of a tile.
    static let width = 256
    /// Levels of a tree have so many times 8 rows of nodes between them: 2^8 hashes a tile.
    static let heightPerLevel = 8
    /// Bytes of a tile's hashes.
    static let byteCount = width * TreeHash.byteCount

    /// 0 for leaves.
    let level: Int
    /// Counts the tiles of a level, from 0.
    let number: Int64
    /// The hash that they come to; one of the level above.
    let root: TreeHash
    /// All 256.
    let hashes: [TreeHash]
}

/// The growing edge of a tree: at each level what is no complete tile yet.
///
/// It gives complete tiles as they arise, and the root at any moment; the rest of the tree is not needed for either.
struct TreeEdge: Sendable {
    /// Leaves so far.
    private(set) var size: Int64
    private var levels: [[TreeHash]]

    /// The leaves that are in no complete tile, fewer than 256.
    var openLeaves: [TreeHash] { levels[0] }

    /// Goes on from a tree whose size is a multiple of 256.
    ///
    /// - Parameters:
    ///   - size: Leaves so far.
    ///   - above: For level 1 and up the hashes that are in no complete tile, from left to right.
    init(size: Int64 = 0, above: [[TreeHash]] = []) {
        precondition(size % Int64(SealTile.width) == 0, "an edge begins where a tile does")
        self.size = size
        levels = [[]] + above
    }

    /// Which hashes of a level are in no complete tile when a tree has `size` leaves, counted from the level's first.
    static func incomplete(level: Int, size: Int64) -> Range<Int64> {
        let end = size >> Int64(level * SealTile.heightPerLevel)
        return (end / Int64(SealTile.width) * Int64(SealTile.width))..<end
    }

    /// Adds the next leaf.
    ///
    /// - Returns: The tiles that it completes, lowest level first; mostly none.
    mutating func append(_ leaf: TreeHash, _ hasher: inout TreeHasher) -> [SealTile] {
        size += 1
        levels[0].append(leaf)
        var completed: [SealTile] = []
        var level = 0
        while levels[level].count == SealTile.width {
            let hashes = levels[level]
            levels[level].removeAll(keepingCapacity: true)
            let root = Self.root(ofComplete: hashes[...], &hasher)
            let number = (size >> Int64((level + 1) * SealTile.heightPerLevel)) - 1
            completed.append(SealTile(level: level, number: number, root: root, hashes: hashes))
            level += 1
            if level == levels.count { levels.append([]) }
            levels[level].append(root)
        }
        return completed
    }

    /// The root of the tree as it is now.
    func root(_ hasher: inout TreeHasher) -> TreeHash {
        var parts: [TreeHash] = []
        for hashes in levels.reversed() where !hashes.isEmpty {
            for node in MerkleTree.cover(0..<Int64(hashes.count)) {
                let first = Int(node.index) << node.height
                parts.append(Self.root(ofComplete: hashes[first..<(first + 1 << node.height)], &hasher))
            }
        }
        return MerkleTree.fold(parts, &hasher)
    }

    /// The hash over as many hashes as a power of two.
    static func root(ofComplete hashes: ArraySlice<TreeHash>, _ hasher: inout TreeHasher) -> TreeHash {
        var row = Array(hashes)
        precondition(row.count.nonzeroBitCount == 1, "a complete part has a power of two of hashes")
        while row.count > 1 {
            for pair in 0..<(row.count / 2) { row[pair] = hasher.node(row[2 * pair], row[2 * pair + 1]) }
            row.removeLast(row.count / 2)
        }
        return row[0]
    }
}
