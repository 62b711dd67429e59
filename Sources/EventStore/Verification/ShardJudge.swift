/// Judges the leaves of one shard, in order, against signed heads; the stored tree is heard as a witness.
///
/// A head only signs a root, so it says *that* a row before it is wrong, not which. The stored tiles have a hash for
/// each row. They are no authority: but where leaves taken from them come to the signed root, they are proven to be the
/// leaves that were signed, and the first one that differs from its row names the row. Where they do not, all that can
/// be said is between which two heads the wrong row is.
///
/// - Invariant: `rows` is the tree of the leaves as they are now, up to the first proven fault, and beyond it of the
///   leaves as they were signed.
struct ShardJudge: Sendable {
    /// A row whose leaf is not the stored one; one of both is wrong.
    struct Suspicion: Hashable, Sendable {
        let position: Int64
        /// The leaf that was stored when the row was sealed.
        let stored: TreeHash
        /// No row is there at all.
        let isMissing: Bool
    }

    /// What was found out.
    enum Verdict: Hashable, Sendable {
        /// This row is not the one that was sealed.
        case wrongRow(Suspicion)
        /// One or more rows of these positions are not those that were sealed.
        case wrongStretch(ClosedRange<Int64>)
        /// Rows and heads agree, the stored leaf of this position differs.
        case wrongLeaf(position: Int64)
        /// Rows and heads agree, this tile differs or is not there.
        case wrongTile(TileName, isMissing: Bool)
        /// Rows and later heads agree, this head does not fit.
        case wrongHead(SignedSize)
    }

    private static let keptMax = 1_000

    /// What was found, at most 1,000 of them.
    private(set) var verdicts: [Verdict] = []
    /// Up to here rows and a signed head agree, apart from the faults above.
    private(set) var provenSize: Int64
    /// The head that says so; nil: none yet.
    private(set) var provenHead: SignedSize?

    private var rows: ProvenTree
    /// The tree with stored leaves instead of rows, from the first suspicion after the last proven head on.
    private var witness: ProvenTree?
    private var suspicions: [Suspicion] = []
    private var doubtfulTiles: [(TileName, isMissing: Bool)] = []
    private var failing: [SignedSize] = []
    private var heads: ArraySlice<SignedSize>
    private let sealedSize: Int64
    private var uppers: [[TreeHash]] = []

    /// Begins with a tree that is known already.
    ///
    /// - Parameters:
    ///   - tree: Empty, or a part that is trusted or will be confirmed by the first head.
    ///   - heads: Signed heads beyond the tree, the smaller ones first; of several of one size each is judged.
    init(from tree: ProvenTree, heads: [SignedSize]) {
        rows = tree
        provenSize = tree.size
        self.heads = heads[...]
        sealedSize = heads.last?.size ?? tree.size
    }

    /// Where the next leaf goes; counts from 0.
    var size: Int64 { rows.size }

    /// The parts of the tree at `provenSize`, if nothing was added since.
    var tree: ProvenTree { rows }

    /// Takes the leaves that follow, in order; those beyond the last head are left out.
    ///
    /// - Parameters:
    ///   - leaves: `TreeHash.missing` where there is no row.
    ///   - tiles: The stored tiles that these leaves touch or complete.
    mutating func take(_ leaves: UnsafeBufferPointer<TreeHash>, tiles: [TileName: StoredTile]) {
        var hasher = TreeHasher()
        var tile: StoredTile?
        for leaf in leaves {
            let index = rows.size
            guard index < sealedSize else { return }
            if index & 0xFF == 0 || tile == nil { tile = tiles[TileName(level: 0, index: index >> 8)] }
            let stored = tile?.hash(Int(index & 0xFF)) ?? leaf  // beyond the edge nothing is stored
            if stored != leaf {
                if witness == nil { witness = rows }
                suspect(Suspicion(position: index + 1, stored: stored, isMissing: leaf == .missing))
            }
            rows.append(leaf, &hasher)
            witness?.append(stored, &hasher)
            if !rows.completed.isEmpty { check(rows.completed, tiles) }
            while let head = heads.first, head.size == rows.size {
                heads.removeFirst()
                judge(head, &hasher)
            }
        }
    }

    /// Says what is left: heads that no later one has explained.
    mutating func finish() {
        guard let first = failing.first else { return }
        add(.wrongStretch((provenSize + 1)...first.size))
        failing = []
    }

    private mutating func judge(_ head: SignedSize, _ hasher: inout TreeHasher) {
        if rows.root(&hasher) == head.root {
            for suspicion in suspicions { add(.wrongLeaf(position: suspicion.position)) }
            for (tile, isMissing) in doubtfulTiles { add(.wrongTile(tile, isMissing: isMissing)) }
        } else if let witness, witness.root(&hasher) == head.root {
            for suspicion in suspicions { add(.wrongRow(suspicion)) }
            rows = witness
            uppers = []  // the roots of wrong rows are among them
        } else if head.size == provenSize, provenHead != nil {
            return add(.wrongHead(head))
        } else {
            failing.append(head)
            return
        }
        // Whatever did not fit before is contradicted by this head, which has more rows.
        for head in failing { add(.wrongHead(head)) }
        failing = []
        suspicions = []
        doubtfulTiles = []
        witness = nil
        provenSize = head.size
        provenHead = head
    }

    /// Compares the roots of tiles that were completed with what is stored of them.
    private mutating func check(_ roots: [TreeHash], _ tiles: [TileName: StoredTile]) {
        for (level, root) in roots.enumerated() {
            let name = TileName(level: level, index: (rows.size >> Int64(8 * level + 8)) - 1)
            let stored = tiles[name]
            if let stored, let storedRoot = stored.root {
                let known = level == 0 ? [] : uppers[level - 1]
                let isRight = storedRoot == root && stored.endsWith(known)
                if !isRight { doubtfulTiles.append((name, false)) }
            } else {
                doubtfulTiles.append((name, true))
            }
            if level > 0 { uppers[level - 1] = [] }
            if uppers.count == level { uppers.append([]) }
            uppers[level].append(root)
        }
    }

    private mutating func suspect(_ suspicion: Suspicion) {
        if suspicions.count < Self.keptMax { suspicions.append(suspicion) }
    }

    private mutating func add(_ verdict: Verdict) {
        if verdicts.count < Self.keptMax { verdicts.append(verdict) }
    }
}

/// A head that was signed, without its note.
package struct SignedSize: Hashable, Sendable {
    /// Leaves of the tree: the last position in it.
    package let size: Int64
    /// The root that was signed.
    package let root: TreeHash
    /// Where the log has it, for people.
    package let place: String
}

/// Which tile of a tree: `256` hashes of one level beside each other.
struct TileName: Hashable, Sendable {
    /// 0: leaves.
    let level: Int
    /// Counts the tiles of a level from the left, from 0.
    let index: Int64
}

/// A tile as it is stored, right or wrong; at the tree's edge one that is not complete yet.
struct StoredTile: Sendable {
    static let hashCount = 256

    /// What the hashes are said to come to; nil while they are not complete.
    let root: TreeHash?
    private let hashes: [UInt8]

    /// Takes a complete tile; what has another length than it must is filled with what no hash is.
    init(root: [UInt8], hashes: [UInt8]) {
        let length = Self.hashCount * TreeHash.byteCount
        self.root = TreeHash(root) ?? .missing
        self.hashes = hashes.prefix(length) + Array(repeating: 0, count: max(0, length - hashes.count))
    }

    /// Takes the first hashes of a tile that is not complete.
    init(open hashes: [UInt8]) {
        root = nil
        self.hashes = hashes
    }

    /// One of the hashes; nil beyond the edge.
    func hash(_ place: Int) -> TreeHash? {
        let start = place * TreeHash.byteCount
        guard start + TreeHash.byteCount <= hashes.count else { return nil }
        return hashes.withUnsafeBytes { TreeHash(reading: UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }

    /// Whether the last hashes are these.
    func endsWith(_ known: [TreeHash]) -> Bool {
        let first = Self.hashCount - known.count
        return first >= 0 && known.indices.allSatisfy { hash(first + $0) == known[$0] }
    }
}
