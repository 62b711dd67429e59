/// The Merkle tree of RFC 9162 section 2.1 (the same as RFC 6962's), as arithmetic over the numbers of leaves.
///
/// A tree of n leaves is split at the largest power of two below n, again and again; so every part to the left is
/// complete, and never changes as the tree grows. Proofs are lists of hashes of such parts.
package enum MerkleTree {
    /// A complete part: `1 << height` leaves from leaf `index << height` on.
    package struct Node: Hashable, Sendable {
        /// 0 for a leaf.
        package let height: Int
        /// Counts the nodes of a height from the left, from 0.
        package let index: Int64

        /// Names a node.
        package init(height: Int, index: Int64) {
            self.height = height
            self.index = index
        }
    }

    /// The complete parts that a part of a tree consists of.
    ///
    /// - Parameter leaves: Not empty; begins where a complete part of at least its length may begin, as all parts of
    ///   proofs do.
    /// - Returns: Nodes from left to right.
    package static func cover(_ leaves: Range<Int64>) -> [Node] {
        var nodes: [Node] = []
        var start = leaves.lowerBound
        while start < leaves.upperBound {
            let rest = leaves.upperBound - start
            var height = 63 - rest.leadingZeroBitCount
            if start != 0 { height = min(height, start.trailingZeroBitCount) }
            nodes.append(Node(height: height, index: start >> Int64(height)))
            start += 1 << Int64(height)
        }
        return nodes
    }

    /// The parts whose hashes prove that a leaf is in a tree, from the leaf upwards: PATH of RFC 9162 section 2.1.3.1.
    ///
    /// - Parameters:
    ///   - leaf: Counts from 0; below `size`.
    ///   - size: Leaves of the tree.
    /// - Returns: Empty for the only leaf.
    package static func inclusionParts(of leaf: Int64, size: Int64) -> [Range<Int64>] {
        precondition((0..<size).contains(leaf), "the leaf is in the tree")
        var parts: [Range<Int64>] = []
        var part = 0..<size
        while part.count > 1 {
            let middle = split(part)
            if leaf < middle {
                parts.append(middle..<part.upperBound)
                part = part.lowerBound..<middle
            } else {
                parts.append(part.lowerBound..<middle)
                part = middle..<part.upperBound
            }
        }
        return parts.reversed()
    }

    /// The parts whose hashes prove that one tree begins with another: PROOF of RFC 9162 section 2.1.4.1.
    ///
    /// - Parameters:
    ///   - old: Leaves of the smaller tree, 0...`new`.
    ///   - new: Leaves of the larger one.
    /// - Returns: Empty where nothing needs a proof: both are the same size, or the smaller one is empty.
    package static func consistencyParts(from old: Int64, to new: Int64) -> [Range<Int64>] {
        precondition((0...new).contains(old), "the larger tree comes second")
        if old == 0 || old == new { return [] }
        var parts: [Range<Int64>] = []
        var part = 0..<new
        var isWholeOldTree = true  // the part begins at 0, so its hash may be the root that the verifier has
        while part.upperBound != old {
            let middle = split(part)
            if old <= middle {
                parts.append(middle..<part.upperBound)
                part = part.lowerBound..<middle
            } else {
                parts.append(part.lowerBound..<middle)
                part = middle..<part.upperBound
                isWholeOldTree = false
            }
        }
        if !isWholeOldTree { parts.append(part) }
        return parts.reversed()
    }

    /// The hash of a part from those of `cover`, from left to right.
    package static func fold(_ hashes: some BidirectionalCollection<TreeHash>, _ hasher: inout TreeHasher) -> TreeHash {
        guard var root = hashes.last else { return TreeHasher.emptyRoot }
        for hash in hashes.dropLast().reversed() { root = hasher.node(hash, root) }
        return root
    }

    /// Where a part of at least two leaves is split: after the largest power of two below their number.
    private static func split(_ part: Range<Int64>) -> Int64 {
        let last = part.upperBound - part.lowerBound - 1
        return part.lowerBound + 1 << Int64(63 - last.leadingZeroBitCount)
    }
}

/// Hashes of complete parts of one tree, from wherever they are kept.
package protocol TreeHashSource: Sendable {
    /// The hashes of these nodes, in their order.
    ///
    /// - Throws: What keeps it from answering; it never guesses.
    func hashes(of nodes: [MerkleTree.Node]) async throws -> [TreeHash]
}

extension TreeHashSource {
    /// The root of the tree of the first `size` leaves.
    ///
    /// - Throws: As `hashes(of:)`.
    package func root(size: Int64) async throws -> TreeHash {
        if size == 0 { return TreeHasher.emptyRoot }
        return try await hashes(of: [0..<size])[0]
    }

    /// What proves that leaf `leaf` (from 0) is in the tree of the first `size` leaves; see
    /// `MerkleProof.isIncluded(_:at:size:proof:root:)`.
    ///
    /// - Throws: As `hashes(of:)`.
    package func inclusionProof(of leaf: Int64, size: Int64) async throws -> [TreeHash] {
        try await hashes(of: MerkleTree.inclusionParts(of: leaf, size: size))
    }

    /// What proves that the tree of `new` leaves begins with that of `old`; see
    /// `MerkleProof.isConsistent(from:root:to:root:proof:)`.
    ///
    /// - Throws: As `hashes(of:)`.
    package func consistencyProof(from old: Int64, to new: Int64) async throws -> [TreeHash] {
        try await hashes(of: MerkleTree.consistencyParts(from: old, to: new))
    }

    /// The hashes of parts, with one question for all of their nodes.
    private func hashes(of parts: [Range<Int64>]) async throws -> [TreeHash] {
        let covers = parts.map { MerkleTree.cover($0) }
        let found = try await hashes(of: covers.flatMap { $0 })
        var hasher = TreeHasher()
        var rest = found[...]
        return covers.map { cover in
            defer { rest = rest.dropFirst(cover.count) }
            return MerkleTree.fold(rest.prefix(cover.count), &hasher)
        }
    }
}
