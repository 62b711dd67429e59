package import Domain

/// Which part of a database's history is verified.
package enum HistoryScope: Hashable, Sendable {
    /// Everything, and that there is nothing beside it.
    case whole
    /// What came after the trees that were verified before; what was verified then is trusted and not read again.
    case since([SealedTree: VerifiedTree])
    /// Some positions of one shard, widened to where the stored tree and the heads allow it to be proven.
    case positions(Shard, ClosedRange<Int64>)
    /// What was recorded from one moment until before another one, of all shards, widened likewise.
    case time(Range<Instant>)
}

/// A tree as it was when it was verified: enough to go on from there without reading it again.
package struct VerifiedTree: Hashable, Sendable {
    /// Leaves that were verified.
    package let size: Int64
    /// The root that was signed.
    package let root: TreeHash
    /// The hashes of `MerkleTree.cover(0..<size)`, which come to the root.
    package let parts: [TreeHash]

    /// Joins what belongs together; nil where the parts do not come to the root.
    package init?(size: Int64, root: TreeHash, parts: [TreeHash]) {
        guard size > 0, size.nonzeroBitCount == parts.count else { return nil }
        var hasher = TreeHasher()
        guard MerkleTree.fold(parts, &hasher) == root else { return nil }
        self.size = size
        self.root = root
        self.parts = parts
    }
}

/// What the source lacks of what was asked for: nothing is verified then.
package struct HistoryNotCovered: Error, Hashable, Sendable {
    /// One line each.
    package let missing: [String]
}

/// How far a verification is.
package struct HistoryProgress: Sendable {
    /// Such as `booking`.
    package let database: String
    /// Positions that were read and hashed.
    package let done: Int64
    /// Positions to read.
    package let total: Int64

    /// Says how far it is.
    package init(database: String, done: Int64, total: Int64) {
        self.database = database
        self.done = done
        self.total = total
    }
}

/// What came out of verifying one shard.
package struct ShardHistoryReport: Sendable {
    /// Which.
    package let tree: SealedTree
    /// The first position that was read.
    package let firstPosition: Int64
    /// The last position that has been given, in the snapshot.
    package let stampedThrough: Int64
    /// The last position that the newest head covers; 0: no head.
    package let sealedThrough: Int64
    /// Up to here rows and signed heads agree, apart from the findings.
    package let provenThrough: Int64
    /// The head that proves it; nil: none was reached.
    package let provenHead: SignedSize?
    /// When the first event was recorded that no head covers yet; nil: all are covered.
    package let oldestUnsealedAt: Instant?
    /// What is wrong.
    package var findings: HistoryFindings
    /// The tree at `provenThrough`, to go on from; nil where something is wrong.
    package let verified: VerifiedTree?

    /// Positions that were given and are under no head yet.
    package var unsealedCount: Int64 { max(0, stampedThrough - sealedThrough) }
}

/// What came out of verifying one database.
package struct HistoryReport: Sendable {
    /// Such as `booking`.
    package let database: String
    /// One a shard that was looked at, in order.
    package let shards: [ShardHistoryReport]
    /// What is wrong and belongs to no position of a shard.
    package let findings: HistoryFindings
    /// Rows that were read.
    package let rowCount: Int64
    /// Bytes that were hashed as leaves.
    package let byteCount: Int64

    /// Whether nothing is wrong.
    package var isGood: Bool { findings.isEmpty && shards.allSatisfy { $0.findings.isEmpty } }

    /// All that is wrong: first by shard, then by position.
    package var allFindings: [HistoryFinding] {
        (findings.kept + shards.flatMap(\.findings.kept)).sorted(by: HistoryFinding.isBefore)
    }

    /// How many things are wrong.
    package var findingCount: Int { shards.reduce(findings.count) { $0 + $1.findings.count } }
}
