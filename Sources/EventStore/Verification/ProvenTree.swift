/// A tree that is rebuilt leaf by leaf, with the roots of the tiles that are completed on the way.
///
/// Like `MerkleFrontier` it keeps one hash for each bit that is set in its size; it can begin in the middle of a
/// history.
struct ProvenTree: Sendable {
    /// Leaves so far, those before the beginning included.
    private(set) var size: Int64
    /// The complete parts that the tree consists of, from left to right.
    private(set) var parts: [TreeHash]
    /// Roots of the tiles that the last leaf completed: of level 0, of level 1 and so on; mostly none.
    private(set) var completed: [TreeHash] = []

    /// Goes on after `size` leaves.
    ///
    /// - Parameters:
    ///   - size: Leaves that are in already.
    ///   - parts: The hashes of `MerkleTree.cover(0..<size)`.
    init(size: Int64 = 0, parts: [TreeHash] = []) {
        precondition(size.nonzeroBitCount == parts.count, "a tree has a part for each bit of its size")
        self.size = size
        self.parts = parts
    }

    /// Adds the next leaf.
    mutating func append(_ leaf: TreeHash, _ hasher: inout TreeHasher) {
        if !completed.isEmpty { completed.removeAll(keepingCapacity: true) }
        var hash = leaf
        var height: Int64 = 0
        while (size >> height) & 1 == 1 {
            hash = hasher.node(parts.removeLast(), hash)
            height += 1
            if height & 7 == 0 { completed.append(hash) }
        }
        parts.append(hash)
        size += 1
    }

    /// The root of the tree as it is now.
    func root(_ hasher: inout TreeHasher) -> TreeHash { MerkleTree.fold(parts, &hasher) }
}
