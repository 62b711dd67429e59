import Domain
import Postgres

/// Walks along the positions that a shard was given, some thousand at a time, and notes where they are not dense.
struct StampCursor {
    /// What is wrong with rows of `outbox_stamps`.
    struct Fault {
        let position: Int64
        let lastPosition: Int64
        let detail: String
    }

    let shard: Shard
    /// The next position that comes; after the last one, the one behind it.
    private(set) var position: Int64
    /// The last position that is wanted.
    let last: Int64
    private(set) var faults: [Fault] = []
    /// Positions are missing by the thousands: what follows is not looked at.
    private(set) var isBroken = false

    private var rows: [StampRow] = []
    private var row = 0
    private var place = 0

    /// Positions read in one statement, and rows of `outbox_stamps` more than that at most.
    private static let pageLength: Int64 = 65_536
    /// A longer stretch without stamps is not bridged.
    private static let bridgedMax: Int64 = 65_536

    private struct StampRow {
        let first: Int64
        let ids: [Int64]
        let times: StampTimes
        /// Its first positions are not handed out: they were before, or are not wanted.
        let isTrimmed: Bool
    }

    /// Begins at a position; `last` is at least the one before it.
    init(_ shard: Shard, from position: Int64, through last: Int64) {
        self.shard = shard
        self.position = position
        self.last = last
    }

    /// No position comes any more.
    var isAtEnd: Bool { position > last || isBroken }

    /// The event number of the next position; nil at the end, and inside a hole.
    mutating func nextNumber(_ session: PGSession) async throws -> Int64? {
        try await fill(session)
        guard !isAtEnd, row < rows.count, rows[row].first + Int64(place) == position else { return nil }
        return rows[row].ids[place] >> 1
    }

    /// Hands out positions up to the first event number of `end` or above; a number that is smaller and comes later
    /// stays for later.
    ///
    /// - Parameters:
    ///   - end: Event numbers below it are taken; nil: all.
    ///   - round: Gets them.
    ///   - room: How many positions the round may have.
    ///   - session: Where stamps are read.
    /// - Throws: `PGError`.
    mutating func take(below end: Int64?, into round: StampedRound, room: Int, _ session: PGSession) async throws {
        round.begin(shard, at: position)
        while round.ids.count < room {
            try await fill(session)
            if isAtEnd { return }
            guard row < rows.count else { return }
            let current = rows[row]
            if current.first + Int64(place) > position {
                bridge(to: min(current.first, last + 1), round)
                continue
            }
            let isWholeInRound = place == 0
            while place < current.ids.count, position <= last, round.ids.count < room {
                let id = current.ids[place]
                if let end, id >> 1 >= end { return }
                round.add(id)
                position += 1
                place += 1
            }
            if place == current.ids.count {
                round.end(current.times, isWhole: !current.isTrimmed && isWholeInRound)
                (row, place) = (row + 1, 0)
            }
        }
    }

    /// Positions without stamps become slots that no row fills.
    private mutating func bridge(to next: Int64, _ round: StampedRound) {
        faults.append(
            Fault(
                position: position, lastPosition: next - 1,
                detail: "outbox_stamps has no row for it"))
        if next - position > Self.bridgedMax {
            isBroken = true
            return
        }
        while position < next {
            round.add(Self.nobody)
            position += 1
        }
    }

    /// No event has this outbox id.
    private static let nobody = Int64.min

    /// Reads the next page where none is left; at a hole, the page after it.
    private mutating func fill(_ session: PGSession) async throws {
        guard row >= rows.count, !isAtEnd else { return }
        var from = position
        while row >= rows.count {
            let found = try await session.query(
                SQL.readStamps, [.int(Int64(shard.number)), .int(from), .int(Self.pageEnd(from)), .int(last)])
            (rows, row, place) = ([], 0, 0)
            for index in 0..<found.count { keep(found, index) }
            if !rows.isEmpty { return }
            let next = try await session.query(
                SQL.findNextStamp, [.int(Int64(shard.number)), .int(Self.pageEnd(from)), .int(last)])
            guard next.count == 1 else {
                faults.append(
                    Fault(position: position, lastPosition: last, detail: "outbox_stamps has no row for it"))
                isBroken = true
                return
            }
            from = next.int(0, 0)
        }
    }

    /// Forged positions may be as great as they like.
    private static func pageEnd(_ position: Int64) -> Int64 {
        let (end, overflow) = position.addingReportingOverflow(pageLength)
        return overflow ? .max : end
    }

    /// Keeps what a row adds to those before it; what it gives a second time is a fault.
    private mutating func keep(_ found: PGRows, _ index: Int) {
        let (first, last) = (found.int(index, 0), found.int(index, 1))
        var ids = found.intArray(index, 2)
        let times = StampTimes(from: found.timestamp(index, 3), to: found.timestamp(index, 4))
        if Int64(ids.count) != last - first + 1 {
            faults.append(
                Fault(
                    position: first, lastPosition: last,
                    detail: "its row of outbox_stamps has \(ids.count) ids for \(last - first + 1) positions"))
        }
        let expected = rows.last.map { $0.first + Int64($0.ids.count) } ?? position
        var start = first
        if first < expected {
            let overlap = min(expected - first, Int64(ids.count))
            // The first row of a page may begin before the position that is asked for.
            if !rows.isEmpty {
                faults.append(
                    Fault(
                        position: first, lastPosition: first + overlap - 1,
                        detail: "a second row of outbox_stamps gives it again"))
            }
            ids.removeFirst(Int(overlap))
            start += overlap
        }
        if !ids.isEmpty { rows.append(StampRow(first: start, ids: ids, times: times, isTrimmed: start > first)) }
    }
}
