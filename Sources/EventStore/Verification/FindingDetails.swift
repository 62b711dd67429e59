import Domain
import Postgres

/// Turns what was found into what can be told: which event it is, and what happened to it as far as can be seen.
struct FindingDetails: Sendable {
    let database: String
    let reading: HistoryReading

    private static let idsAtOnce = 10_000
    /// Ids whose positions are looked for one by one, where not all positions were read.
    private static let searchedMax = 1_000
    /// Changed rows that are tried in each other's place.
    private static let swapsMax = 8

    /// What is said of one shard.
    func report(_ plan: ShardPlan, judge: ShardJudge, faults: HistoryFindings) async throws -> ShardHistoryReport {
        var findings = faults
        for finding in told(judge.verdicts, in: plan.tree, beside: faults.kept) { findings.add(finding) }
        findings.sort()
        findings.replaceKept(try await traced(findings.kept, in: plan.tree))
        let suspicions = judge.verdicts.compactMap { verdict in
            if case .wrongRow(let suspicion) = verdict, !suspicion.isMissing { suspicion } else { nil }
        }
        if suspicions.count > 1 {
            findings.replaceKept(try await swaps(among: suspicions, in: plan.tree, findings.kept))
        }
        var oldest: Instant?
        if plan.stampedThrough > plan.sealedThrough {
            let events = try await describe([plan.sealedThrough + 1], in: plan.tree.shard)
            oldest = events[plan.sealedThrough + 1]?.recordedAt
        }
        var hasher = TreeHasher()
        let tree = judge.tree
        return ShardHistoryReport(
            tree: plan.tree, firstPosition: plan.positions.lowerBound, stampedThrough: plan.stampedThrough,
            sealedThrough: plan.sealedThrough, provenThrough: judge.provenSize, provenHead: judge.provenHead,
            oldestUnsealedAt: oldest, findings: findings,
            verified: findings.isEmpty
                ? VerifiedTree(size: tree.size, root: tree.root(&hasher), parts: tree.parts) : nil)
    }

    // MARK: verdicts in words

    private func told(
        _ verdicts: [ShardJudge.Verdict], in tree: SealedTree, beside faults: [HistoryFinding]
    ) -> [HistoryFinding] {
        var findings: [HistoryFinding] = []
        var toldTile: Int64?
        func add(_ kind: HistoryFinding.Kind, _ position: Int64, through last: Int64? = nil, _ detail: String) {
            findings.append(
                HistoryFinding(
                    kind, in: database, shard: tree.shard, position: position, lastPosition: last, detail))
        }
        for verdict in verdicts {
            switch verdict {
            case .wrongRow(let suspicion) where !suspicion.isMissing:
                add(.rowChanged, suspicion.position, "the row is not the one that was sealed")
            case .wrongRow: break  // told already: there is no row
            case .wrongStretch(let range):
                let isExplained = faults.contains { fault in
                    fault.position.map { $0...(fault.lastPosition ?? $0) }?.overlaps(range) ?? false
                }
                if isExplained { continue }
                if range.count == 1 {
                    add(.rowChanged, range.lowerBound, "the row is not the one that was sealed")
                } else {
                    add(
                        .stretchChanged, range.lowerBound, through: range.upperBound,
                        "at least one of these \(range.count) rows is not the one that was sealed; the stored tree "
                            + "does not come to the signed head either, so it cannot say which, and what follows could "
                            + "not be proven")
                }
            case .wrongLeaf(let position):
                let tile = (position - 1) >> 8
                if tile == toldTile { continue }
                toldTile = tile
                add(.treeAltered, position, "the rows are right; the stored tree has another hash for this one")
            case .wrongTile(let tile, let isMissing):
                let first = tile.index << Int64(8 * tile.level + 8) + 1
                add(
                    .treeAltered, first,
                    "the rows are right; tile \(tile.index) of level \(tile.level) of the stored tree "
                        + (isMissing ? "is missing" : "is not theirs"))
            case .wrongHead(let head):
                add(
                    .headForked, head.size,
                    "\(head.place): the head of \(head.size) positions is signed, but rows and other heads contradict "
                        + "it"
                )
            }
        }
        return findings
    }

    // MARK: which event it is

    private struct Described {
        let trace: EventTrace
        let side: Int64
        let recordedAt: Instant?
    }

    private func traced(_ findings: [HistoryFinding], in tree: SealedTree) async throws -> [HistoryFinding] {
        let named: Set<HistoryFinding.Kind> = [.rowChanged, .rowMissing, .rowDoubled, .stampAltered]
        let positions = findings.filter { named.contains($0.kind) }.compactMap(\.position)
        let events = try await describe(positions, in: tree.shard)
        return findings.map { finding in
            var finding = finding
            if named.contains(finding.kind) { finding.event = finding.position.flatMap { events[$0]?.trace } }
            return finding
        }
    }

    private func describe(_ positions: [Int64], in shard: Shard) async throws -> [Int64: Described] {
        if positions.isEmpty { return [:] }
        let rows = try await reading.session.query(
            SQL.describePositions, [.int(Int64(shard.number)), .intArray(positions)])
        var described: [Int64: Described] = [:]
        for row in 0..<rows.count {
            let id = rows.uuidOrNil(row, 3)
            described[rows.int(row, 0)] = Described(
                trace: EventTrace(
                    number: rows.int(row, 1), eventID: id.map { EventID(high: $0.high, low: $0.low) },
                    stream: rows.textOrNil(row, 4), streamVersion: rows.intOrNil(row, 5)),
                side: rows.int(row, 2), recordedAt: rows.timestampOrNil(row, 6).map { Instant(microseconds: $0) })
        }
        return described
    }

    // MARK: rows in each other's place

    /// Says of changed rows which two of them stand in each other's place.
    private func swaps(
        among suspicions: [ShardJudge.Suspicion], in tree: SealedTree, _ findings: [HistoryFinding]
    ) async throws -> [HistoryFinding] {
        let tried = Array(suspicions.prefix(Self.swapsMax))
        let events = try await describe(tried.map(\.position), in: tree.shard)
        var places: [Int64: Int64] = [:]
        for one in tried {
            for other in tried where other.position != one.position && places[one.position] == nil {
                guard let row = events[one.position], let place = events[other.position] else { continue }
                let isThere = try await isSealed(
                    row, at: other, numbered: place.trace.number, side: place.side, in: tree)
                if isThere { places[one.position] = other.position }
            }
        }
        return findings.map { finding in
            guard finding.kind == .rowChanged, let position = finding.position, let other = places[position],
                places[other] == position
            else { return finding }
            var finding = finding
            finding.kind = .rowsSwapped
            finding.detail = "the rows of the positions \(position) and \(other) stand in each other's place"
            return finding
        }
    }

    /// Whether a row, put at another position, is the one that was sealed there: with its number, or with that place's.
    private func isSealed(
        _ row: Described, at place: ShardJudge.Suspicion, numbered number: Int64, side: Int64, in tree: SealedTree
    ) async throws -> Bool {
        var canonical = CanonicalRow(of: tree)
        var hasher = TreeHasher()
        for (shown, side) in [(number, side), (row.trace.number, row.side)] {
            let rows = try await reading.session.query(
                SQL.readRowAs, [.int(row.trace.number), .int(place.position), .int(side), .int(shown)])
            guard rows.count == 1 else { return false }
            canonical.write(rows, 0)
            if hasher.leaf(canonical.bytes) == place.stored { return true }
        }
        return false
    }

    // MARK: what is there and should not be

    /// Events that neither have a position nor wait for one.
    func inserted(_ ids: Set<Int64>, looksForStamps: Bool) async throws -> HistoryFindings {
        var findings = HistoryFindings()
        let sorted = looksForStamps ? Array(ids.sorted().prefix(Self.searchedMax)) : ids.sorted()
        for start in stride(from: 0, to: sorted.count, by: Self.idsAtOnce) {
            let page = Array(sorted[start..<min(start + Self.idsAtOnce, sorted.count)])
            let rows = try await reading.session.query(SQL.findUnstamped, [.intArray(page), .bool(looksForStamps)])
            for row in 0..<rows.count {
                let id = rows.uuid(row, 1)
                let number = rows.intOrNil(row, 4).flatMap { (0...Int64(Shard.count)).contains($0) ? Int($0) : nil }
                findings.add(
                    HistoryFinding(
                        .rowInserted, in: database, shard: number.map { Shard($0) },
                        event: EventTrace(
                            number: rows.int(row, 0) >> 1, eventID: EventID(high: id.high, low: id.low),
                            stream: rows.text(row, 2), streamVersion: rows.int(row, 3)),
                        "the event has no position and does not wait for one in the outbox: it was not appended by the "
                            + "system"))
            }
        }
        return findings
    }

    /// Streams whose versions have holes, or are not those of their head rows.
    func versionGaps() async throws -> HistoryFindings {
        var findings = HistoryFindings()
        let rows = try await reading.session.query(
            SQL.findVersionGaps, [.int(Int64(HistoryFindings.keptMax))])
        for row in 0..<rows.count {
            let (stream, events) = (rows.text(row, 0), rows.int(row, 1))
            findings.add(
                HistoryFinding(
                    .versionGap, in: database, event: nil,
                    "stream \(stream) has \(events) events, the last of version \(rows.int(row, 2)), and its head row "
                        + "says version \(rows.int(row, 3))"))
        }
        return findings
    }
}
