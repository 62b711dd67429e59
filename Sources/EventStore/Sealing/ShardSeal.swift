/// How far a shard is sealed, and which signed head still has to be met on the way.
struct ShardSeal: Sendable {
    private let tree: SealedTree
    private var edge: TreeEdge
    /// The last head whose tree this one is known to begin with.
    private var checked: Checkpoint?
    /// A head that was signed for more leaves than the tree has yet.
    private var ahead: Checkpoint?

    init(tree: SealedTree, edge: TreeEdge) {
        self.tree = tree
        self.edge = edge
    }

    /// Leaves of the tree.
    var size: Int64 { edge.size }

    /// Leaves of the last head that is known to be this tree's.
    var signedSize: Int64 { checked?.size ?? 0 }

    /// The leaves that are in no complete tile.
    var openLeaves: [TreeHash] { edge.openLeaves }

    /// The head to sign: none where nothing has grown, or where a head that is ahead was not met yet.
    var unsigned: Checkpoint? {
        guard ahead == nil, size > signedSize else { return nil }
        return current
    }

    /// Up to where leaves may be added before a head has to be compared.
    func nextStop(before last: Int64) -> Int64 { ahead.map { min(last, $0.size) } ?? last }

    /// Compares a head from the log, now or when the tree has grown to it.
    ///
    /// - Parameters:
    ///   - head: Its signature is believed.
    ///   - rootOfEarlier: Computes the root of a smaller size than the tree's.
    /// - Throws: `SealFault.rootDiffers`; what `rootOfEarlier` throws.
    mutating func expect(
        _ head: Checkpoint, rootOfEarlier: (_ size: Int64) async throws -> TreeHash
    ) async throws {
        if head == checked { return }
        if head.size > size {
            ahead = head
            return
        }
        let root = head.size == size ? current.root : try await rootOfEarlier(head.size)
        guard root == head.root else { throw SealFault.rootDiffers(tree, size: head.size) }
        checked = head
        ahead = nil
    }

    /// The log has no head of this tree, or none any more: the next one is signed whether the tree grows or not.
    mutating func expectNoHead() {
        checked = nil
        ahead = nil
    }

    /// Adds leaves.
    ///
    /// - Returns: The tiles that they complete.
    mutating func append(_ leaves: [TreeHash]) -> [SealTile] {
        var hasher = TreeHasher()
        var tiles: [SealTile] = []
        for leaf in leaves { tiles += edge.append(leaf, &hasher) }
        return tiles
    }

    /// Compares the head that was ahead, once the tree has as many leaves.
    ///
    /// - Throws: `SealFault.rootDiffers`.
    mutating func compareWithHead() throws(SealFault) {
        guard let head = ahead, head.size == size else { return }
        guard current.root == head.root else { throw .rootDiffers(tree, size: size) }
        checked = head
        ahead = nil
    }

    /// Remembers that the log has a head of this tree.
    mutating func wasSigned(_ checkpoint: Checkpoint) { checked = checkpoint }

    private var current: Checkpoint {
        var hasher = TreeHasher()
        return Checkpoint(origin: tree.origin, size: size, root: edge.root(&hasher))
    }
}
