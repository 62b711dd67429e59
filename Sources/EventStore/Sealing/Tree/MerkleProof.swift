/// Checks proofs as RFC 9162 says it, step by step; needs nothing but the proof.
package enum MerkleProof {
    /// True if a leaf is in the tree of this root: RFC 9162 section 2.1.3.2.
    ///
    /// - Parameters:
    ///   - leaf: The leaf's hash.
    ///   - index: Its number, from 0.
    ///   - size: Leaves of the tree.
    ///   - proof: Hashes from the leaf upwards.
    ///   - root: What a signed head says of the tree.
    /// - Returns: False for everything that is no proof.
    package static func isIncluded(
        _ leaf: TreeHash, at index: Int64, size: Int64, proof: [TreeHash], root: TreeHash
    ) -> Bool {
        guard index >= 0, index < size else { return false }
        var hasher = TreeHasher()
        var (place, last, hash) = (index, size - 1, leaf)
        for sibling in proof {
            if last == 0 { return false }
            if place & 1 == 1 || place == last {
                hash = hasher.node(sibling, hash)
                while place & 1 == 0 && place != 0 { (place, last) = (place >> 1, last >> 1) }
            } else {
                hash = hasher.node(hash, sibling)
            }
            (place, last) = (place >> 1, last >> 1)
        }
        return last == 0 && hash == root
    }

    /// True if the larger tree begins with the smaller one: RFC 9162 section 2.1.4.2.
    ///
    /// An empty tree begins every tree, without a proof.
    ///
    /// - Parameters:
    ///   - old: Leaves of the smaller tree.
    ///   - oldRoot: Its root.
    ///   - new: Leaves of the larger tree.
    ///   - newRoot: Its root.
    ///   - proof: Hashes as `TreeHashSource.consistencyProof(from:to:)` makes them.
    /// - Returns: False for everything that is no proof.
    package static func isConsistent(
        from old: Int64, root oldRoot: TreeHash, to new: Int64, root newRoot: TreeHash, proof: [TreeHash]
    ) -> Bool {
        guard old >= 0, old <= new else { return false }
        if old == 0 { return proof.isEmpty && oldRoot == TreeHasher.emptyRoot }
        if old == new { return proof.isEmpty && oldRoot == newRoot }
        // Where the smaller tree is one complete part of the larger, its root is the first hash, and is left out.
        let hashes = old & (old - 1) == 0 ? [oldRoot] + proof : proof
        guard let first = hashes.first else { return false }
        var hasher = TreeHasher()
        var (place, last) = (old - 1, new - 1)
        while place & 1 == 1 { (place, last) = (place >> 1, last >> 1) }
        var (oldHash, newHash) = (first, first)
        for sibling in hashes.dropFirst() {
            if last == 0 { return false }
            if place & 1 == 1 || place == last {
                oldHash = hasher.node(sibling, oldHash)
                newHash = hasher.node(sibling, newHash)
                while place & 1 == 0 && place != 0 { (place, last) = (place >> 1, last >> 1) }
            } else {
                newHash = hasher.node(newHash, sibling)
            }
            (place, last) = (place >> 1, last >> 1)
        }
        return last == 0 && oldHash == oldRoot && newHash == newRoot
    }
}
