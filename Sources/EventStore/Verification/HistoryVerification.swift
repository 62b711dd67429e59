import Domain
import Postgres

/// One run over one snapshot: stamps, rows, tiles and heads of all planned shards, round by round.
///
/// While two connections read the rows of a round, the leaves of the round before are judged and the stamps of the next
/// one read.
struct HistoryVerification: Sendable {
    let database: String
    let scope: HistoryScope
    let plans: [ShardPlan]
    let reading: HistoryReading
    let readers: [PGSession]

    /// Event numbers of a round, and positions that it may have.
    private static let numbersPerRound: Int64 = 262_144
    private static let positionsPerRound = 1_048_576

    /// Everything that grows as rounds go by.
    private struct State {
        var cursors: [StampCursor]
        var judges: [ShardJudge]
        var faults: [HistoryFindings]
        var unclaimed = UnclaimedRows()
        var streams = StreamSum()
        var rowCount: Int64 = 0
        var byteCount: Int64 = 0
        /// The first event number that was not looked at yet.
        var number = Int64.min
    }

    /// A round with the numbers to read in one go.
    private struct Planned {
        let round: StampedRound
        let scanned: ClosedRange<Int64>?
    }

    private var isWhole: Bool { scope == .whole }

    /// Only one shard is asked for: rows of others need not come.
    private var onlyShard: Shard? {
        if case .positions(let shard, _) = scope { return shard }
        return nil
    }

    func run(_ progress: @escaping @Sendable (HistoryProgress) -> Void) async throws -> HistoryReport {
        var state = State(
            cursors: plans.map {
                StampCursor($0.tree.shard, from: $0.positions.lowerBound, through: $0.positions.upperBound - 1)
            },
            judges: plans.map { ShardJudge(from: $0.start, heads: $0.heads) },
            faults: plans.map(\.findings))
        let total = plans.reduce(Int64(0)) { $0 + Int64($1.positions.count) }
        var done: Int64 = 0
        let reader = RowReader(database: database, shard: onlyShard, sessions: readers)
        var before: (planned: Planned, seen: RowReader.Seen)?
        var planned = try await next(&state)
        while let current = planned {
            try Task.checkCancellation()
            async let seen = reader.fill(current.round, scanning: current.scanned)
            if let before { try await settle(before.planned, before.seen, &state) }
            planned = try await next(&state)
            before = (current, try await seen)
            done += Int64(current.round.ids.count)
            progress(HistoryProgress(database: database, done: done, total: total))
        }
        if let before { try await settle(before.planned, before.seen, &state) }
        return try await report(&state)
    }

    // MARK: rounds

    /// The next round, prepared; nil at the end.
    private func next(_ state: inout State) async throws -> Planned? {
        var lowest: Int64?
        if isWhole {
            lowest = try await reading.number(from: state.number)
        } else {
            for index in state.cursors.indices {
                guard let number = try await state.cursors[index].nextNumber(reading.session) else { continue }
                lowest = min(lowest ?? number, number)
            }
        }
        let isAtEnd = state.cursors.allSatisfy(\.isAtEnd)
        guard let lower = lowest else {
            // Rows are exhausted; positions that are left belong to rows that are not there.
            return isAtEnd ? nil : try await take(&state, below: nil, numbers: 0..<1, scanned: nil)
        }
        if !isWhole && isAtEnd { return nil }
        let (sum, overflow) = lower.addingReportingOverflow(Self.numbersPerRound)
        let upper = overflow ? Int64.max : sum
        state.number = upper
        return try await take(&state, below: upper, numbers: lower..<upper, scanned: lower...(upper - 1))
    }

    private func take(
        _ state: inout State, below end: Int64?, numbers: Range<Int64>, scanned: ClosedRange<Int64>?
    ) async throws -> Planned {
        let round = StampedRound(numbers: numbers)
        for index in state.cursors.indices {
            try await state.cursors[index].take(
                below: end, into: round, room: Self.positionsPerRound, reading.session)
        }
        round.prepare()
        guard let scanned, !isWhole else { return Planned(round: round, scanned: scanned) }
        // A part ends at its last row: what comes after it is another part's.
        let last = round.ids.lazy.map { $0 >> 1 }.filter { scanned.contains($0) }.max()
        return Planned(round: round, scanned: last.map { scanned.lowerBound...$0 })
    }

    /// Judges the leaves of a round and notes what was seen beside them.
    private func settle(_ planned: Planned, _ seen: RowReader.Seen, _ state: inout State) async throws {
        let round = planned.round
        state.rowCount += seen.rowCount
        state.byteCount += seen.byteCount
        state.streams.add(seen.streams)
        state.unclaimed.add(seen, scanned: planned.scanned)
        noteFaults(of: round, seen, &state)
        var work: [(index: Int, stretch: StampedRound.Stretch, tiles: [TileName: StoredTile])] = []
        for stretch in round.stretches where stretch.count > 0 {
            guard let index = plans.firstIndex(where: { $0.tree.shard == stretch.shard }) else { continue }
            let first = stretch.firstPosition - 1
            let tiles = try await reading.tiles(of: stretch.shard, touching: first..<(first + Int64(stretch.count)))
            work.append((index, stretch, tiles))
        }
        let judges = state.judges
        await withTaskGroup(of: (Int, ShardJudge).self) { group in
            for (index, stretch, tiles) in work {
                group.addTask {
                    var judge = judges[index]
                    judge.take(round.leaves(of: stretch), tiles: tiles)
                    return (index, judge)
                }
            }
            for await (index, judge) in group { state.judges[index] = judge }
        }
    }

    /// Rows that are not there or are there twice, and stamps that lie about the time of their events.
    private func noteFaults(of round: StampedRound, _ seen: RowReader.Seen, _ state: inout State) {
        func add(_ kind: HistoryFinding.Kind, _ shard: Shard, _ position: Int64, _ detail: String) {
            guard let index = plans.firstIndex(where: { $0.tree.shard == shard }) else { return }
            state.faults[index].add(
                HistoryFinding(kind, in: database, shard: shard, position: position, detail))
        }
        for slot in round.unfilled where round.ids[slot] >= 0 {
            let (shard, position) = round.place(ofSlot: slot)
            add(
                .rowMissing, shard, position,
                "no event has the number \(round.ids[slot] >> 1) that was given this position")
        }
        for slot in seen.doubled {
            let (shard, position) = round.place(ofSlot: slot)
            add(.rowDoubled, shard, position, "two rows have the event number \(round.ids[slot] >> 1)")
        }
        for (shard, position, id) in round.repeated {
            add(.stampAltered, shard, position, "event \(id >> 1) was given an earlier position already")
        }
        for stretch in round.stretches {
            var start = stretch.firstSlot
            for edge in stretch.edges {
                if !round.isTrue(edge, from: start) {
                    add(
                        .stampAltered, stretch.shard, stretch.position(ofSlot: start),
                        "the bounds of time in its row of outbox_stamps are not those of its events: readers would "
                            + "not find them")
                }
                start = edge.endSlot
            }
        }
    }

    // MARK: the end

    private func report(_ state: inout State) async throws -> HistoryReport {
        let details = FindingDetails(database: database, reading: reading)
        var findings = HistoryFindings()
        var shards: [ShardHistoryReport] = []
        for (index, plan) in plans.enumerated() {
            for fault in state.cursors[index].faults {
                state.faults[index].add(
                    HistoryFinding(
                        .stampAltered, in: database, shard: plan.tree.shard, position: fault.position,
                        lastPosition: fault.lastPosition == fault.position ? nil : fault.lastPosition, fault.detail))
            }
            state.judges[index].finish()
            shards.append(
                try await details.report(plan, judge: state.judges[index], faults: state.faults[index]))
        }
        let inserted = try await details.inserted(state.unclaimed.open, looksForStamps: !isWhole)
        findings.add(inserted)
        if isWhole, try await reading.streamHeads() != state.streams { findings.add(try await details.versionGaps()) }
        return HistoryReport(
            database: database, shards: shards, findings: findings, rowCount: state.rowCount,
            byteCount: state.byteCount)
    }
}
