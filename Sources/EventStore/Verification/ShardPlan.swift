/// What is read of one shard, and what it is compared with.
struct ShardPlan: Sendable {
    let tree: SealedTree
    /// Positions to read; empty where there is none.
    let positions: Range<Int64>
    /// The last position that was given, in the snapshot.
    let stampedThrough: Int64
    /// The last position that the newest head covers, also where it is not asked for.
    let sealedThrough: Int64
    /// Where the tree begins.
    let start: ProvenTree
    /// Heads beyond the start and within what is read.
    let heads: [SignedSize]
    /// What is wrong before anything is read.
    var findings = HistoryFindings()
}

/// Plans what to read for a scope.
struct ScopePlanner: Sendable {
    let database: String
    let book: HeadBook
    let reading: HistoryReading

    private static let tileWidth: Int64 = 256

    /// A plan a shard that is concerned, in order.
    ///
    /// - Throws: `HistoryNotCovered` where the store or the heads lack what is asked for; `PGError`.
    func plans(for scope: HistoryScope) async throws -> [ShardPlan] {
        let reach = try await reading.reach()
        let cut = reach.filter { $0.value.lowerBound > 1 }.sorted { $0.key < $1.key }
        guard cut.isEmpty else {
            throw HistoryNotCovered(
                missing: cut.map { shard, range in
                    "\(database) shard \(shard.number): the store begins at position \(range.lowerBound), positions 1 "
                        + "to \(range.lowerBound - 1) are not there"
                })
        }
        switch scope {
        case .whole: return Shard.sealed.map { whole($0, reach[$0]?.upperBound ?? 0, from: nil) }
        case .since(let trees):
            return Shard.sealed.map { shard in
                whole(shard, reach[shard]?.upperBound ?? 0, from: trees[SealedTree(database: database, shard: shard)])
            }
        case .positions(let shard, let range):
            let last = reach[shard]?.upperBound ?? 0
            let sealed = book.sealedSize(SealedTree(database: database, shard: shard))
            // Beyond what was ever given there is nothing to ask; what a head has and the store has not was cut off.
            guard range.lowerBound <= max(last, sealed) else {
                throw HistoryNotCovered(
                    missing: ["\(database) shard \(shard.number) has no position \(range.lowerBound), only \(last)"])
            }
            return [try await part(shard, range, last)]
        case .time(let time):
            var plans: [ShardPlan] = []
            for shard in Shard.sealed {
                guard let last = reach[shard]?.upperBound,
                    let range = try await reading.positions(of: shard, recorded: time)
                else { continue }
                plans.append(try await part(shard, range, last))
            }
            return plans
        }
    }

    /// Everything from the beginning, or from a tree that is trusted.
    private func whole(_ shard: Shard, _ last: Int64, from known: VerifiedTree?) -> ShardPlan {
        let tree = SealedTree(database: database, shard: shard)
        let start = known.map { ProvenTree(size: $0.size, parts: $0.parts) } ?? ProvenTree()
        let heads = (book.heads[tree] ?? []).filter { $0.size > start.size }
        var plan = ShardPlan(
            tree: tree, positions: (start.size + 1)..<(max(last, start.size) + 1), stampedThrough: last,
            sealedThrough: book.sealedSize(tree), start: start, heads: heads)
        if let known, !(book.heads[tree] ?? []).contains(where: { $0.size == known.size && $0.root == known.root }) {
            plan.findings.add(
                HistoryFinding(
                    .verifiedHeadGone, in: database, shard: shard, position: known.size,
                    "the head of \(known.size) positions that was verified last time is not in the log any more"))
        }
        addCutTail(to: &plan)
        return plan
    }

    /// A stretch, from the beginning of a tile to the first head that covers it.
    private func part(_ shard: Shard, _ range: ClosedRange<Int64>, _ last: Int64) async throws -> ShardPlan {
        let tree = SealedTree(database: database, shard: shard)
        let size = min((range.lowerBound - 1), last) / Self.tileWidth * Self.tileWidth
        let parts = try await TreeReader(tree, reading.session).hashes(of: size == 0 ? [] : MerkleTree.cover(0..<size))
        let all = book.heads[tree] ?? []
        let end = all.first { $0.size >= range.upperBound }?.size ?? max(last, all.last?.size ?? 0)
        var plan = ShardPlan(
            tree: tree, positions: (size + 1)..<(max(min(end, last), size) + 1), stampedThrough: last,
            sealedThrough: book.sealedSize(tree), start: ProvenTree(size: size, parts: parts),
            heads: all.filter { $0.size > size && $0.size <= end })
        addCutTail(to: &plan)
        return plan
    }

    /// Heads know of more positions than the database has.
    private func addCutTail(to plan: inout ShardPlan) {
        guard let head = plan.heads.last, head.size > plan.stampedThrough else { return }
        plan.findings.add(
            HistoryFinding(
                .tailCut, in: database, shard: plan.tree.shard, position: plan.stampedThrough + 1,
                lastPosition: head.size,
                "a signed head (\(head.place)) has \(head.size) positions, the database ends at "
                    + "\(plan.stampedThrough): the tail was cut off"))
    }
}
