/// A tree that only grows, as the few hashes that its next root needs: one for each bit that is set in its size.
///
/// ```swift
/// var frontier = MerkleFrontier()
/// var hasher = TreeHasher()
/// frontier.append(hasher.leaf(content), &hasher)
/// frontier.root(&hasher)
/// ```
package struct MerkleFrontier: Sendable {
    /// Leaves so far.
    package private(set) var size: Int64 = 0
    /// The complete parts that the tree consists of, from left to right.
    private var parts: [TreeHash] = []

    /// The tree without a leaf.
    package init() {}

    /// Adds the next leaf.
    package mutating func append(_ leaf: TreeHash, _ hasher: inout TreeHasher) {
        var hash = leaf
        var merged = size
        while merged & 1 == 1 {
            hash = hasher.node(parts.removeLast(), hash)
            merged >>= 1
        }
        parts.append(hash)
        size += 1
    }

    /// The root of the tree as it is now.
    package func root(_ hasher: inout TreeHasher) -> TreeHash { MerkleTree.fold(parts, &hasher) }
}
