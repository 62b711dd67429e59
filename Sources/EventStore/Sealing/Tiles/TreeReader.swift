package import Postgres

/// Hashes of one shard's tree out of the database: from complete tiles, and at the edge from what lies below them.
///
/// A proof out of ten million events takes a handful of look-ups: a tile a level, and at most 255 rows. A tile that is
/// not there is made good from the level below, in the end from the rows. Nothing that it answers is to be believed
/// before it was checked against a signed head.
///
/// ```swift
/// let proof = try await TreeReader(tree, session).inclusionProof(of: position - 1, size: head.size)
/// MerkleProof.isIncluded(leaf, at: position - 1, size: head.size, proof: proof, root: head.root)
/// ```
package struct TreeReader: TreeHashSource {
    private let tree: SealedTree
    private let tiles: TileStore
    private let session: PGSession

    /// Reads a tree on a session, so in its snapshot where one is open.
    package init(_ tree: SealedTree, _ session: PGSession) {
        self.tree = tree
        tiles = TileStore(tree: tree)
        self.session = session
    }

    /// The hashes of complete nodes; all their positions must have been stamped.
    ///
    /// - Throws: `SealFault.rowMissing`, `SealFault.rowDoubled`; `PGError`.
    package func hashes(of nodes: [MerkleTree.Node]) async throws -> [TreeHash] {
        let places = nodes.map(Place.init)
        var stretches: [Tile: Stretch] = [:]
        for (tile, wanted) in Dictionary(grouping: places, by: \.tile) {
            let first = wanted.map(\.stretch.lowerBound).min() ?? 0
            let end = wanted.map(\.stretch.upperBound).max() ?? 0
            stretches[tile] = try await stretch(first..<end, of: tile)
        }
        var hasher = TreeHasher()
        var hashes: [TreeHash] = []
        for place in places {
            guard let stretch = stretches[place.tile] else { continue }
            hashes.append(TreeEdge.root(ofComplete: stretch.hashes(place.stretch), &hasher))
        }
        return hashes
    }

    /// Some hashes of a tile, complete or not.
    private func stretch(_ wanted: Range<Int>, of tile: Tile) async throws -> Stretch {
        if let stored = try await tiles.read(level: tile.level, [tile.number], on: session)[tile.number] {
            return Stretch(first: 0, hashes: stored.hashes)
        }
        let first = tile.number * Int64(SealTile.width) + Int64(wanted.lowerBound)
        if tile.level == 0 {
            let leaves = try await SealedRows.leaves(of: tree, after: first, count: wanted.count, on: session)
            return Stretch(first: wanted.lowerBound, hashes: leaves)
        }
        let below = first..<(first + Int64(wanted.count))
        let roots = try await tiles.roots(level: tile.level - 1, below, on: session)
        var hashes: [TreeHash] = []
        for number in below {
            if let root = roots[number] {
                hashes.append(root)
            } else {
                let whole = try await stretch(0..<SealTile.width, of: Tile(level: tile.level - 1, number: number))
                var hasher = TreeHasher()
                hashes.append(TreeEdge.root(ofComplete: whole.hashes(0..<SealTile.width), &hasher))
            }
        }
        return Stretch(first: wanted.lowerBound, hashes: hashes)
    }

    private struct Tile: Hashable {
        let level: Int
        let number: Int64
    }

    /// The hashes under a node, in the tile that has them.
    private struct Place {
        let tile: Tile
        let stretch: Range<Int>

        init(_ node: MerkleTree.Node) {
            let height = node.height % SealTile.heightPerLevel
            let first = node.index << Int64(height)
            tile = Tile(level: node.height / SealTile.heightPerLevel, number: first / Int64(SealTile.width))
            let place = Int(first % Int64(SealTile.width))
            stretch = place..<(place + 1 << height)
        }
    }

    /// Hashes of a tile from one of them on.
    private struct Stretch {
        let first: Int
        let hashes: [TreeHash]

        func hashes(_ places: Range<Int>) -> ArraySlice<TreeHash> {
            hashes[(places.lowerBound - first)..<(places.upperBound - first)]
        }
    }
}
