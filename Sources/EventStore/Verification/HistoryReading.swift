import Domain
import Postgres

/// Everything that a verification asks a database for, in one snapshot.
struct HistoryReading: Sendable {
    let session: PGSession

    /// The first and the last position of each shard; a shard without stamps is left out.
    func reach() async throws -> [Shard: ClosedRange<Int64>] {
        let rows = try await session.query(SQL.readStampedReach)
        var reach: [Shard: ClosedRange<Int64>] = [:]
        for row in 0..<rows.count {
            guard let first = rows.intOrNil(row, 1), let last = rows.intOrNil(row, 2), first <= last else { continue }
            reach[Shard(Int(rows.int(row, 0)))] = first...last
        }
        return reach
    }

    /// Which positions hold what was recorded within a stretch of time; nil: none.
    func positions(of shard: Shard, recorded time: Range<Instant>) async throws -> ClosedRange<Int64>? {
        let rows = try await session.query(
            SQL.findPositionsOfTime,
            [
                .int(Int64(shard.number)), .timestamp(time.lowerBound.microseconds),
                .timestamp(time.upperBound.microseconds),
            ])
        guard let first = rows.intOrNil(0, 0), let last = rows.intOrNil(0, 1), first <= last else { return nil }
        return first...last
    }

    /// The smallest event number from this one on; nil: there is none.
    func number(from number: Int64) async throws -> Int64? {
        try await session.query(SQL.findEventNumbers, [.int(number)]).intOrNil(0, 0)
    }

    /// The tiles that some leaves touch, those of higher levels that they complete, and the edge; leaves count from 0.
    func tiles(of shard: Shard, touching leaves: Range<Int64>) async throws -> [TileName: StoredTile] {
        if leaves.isEmpty { return [:] }
        var wanted: [(level: Int64, first: Int64, last: Int64)] = [
            (0, leaves.lowerBound >> 8, (leaves.upperBound - 1) >> 8)
        ]
        for level: Int64 in 1...6 {
            let shift = 8 * level + 8
            let (first, last) = (leaves.lowerBound >> shift, (leaves.upperBound >> shift) - 1)
            if first <= last { wanted.append((level, first, last)) }
        }
        let rows = try await session.query(
            SQL.readTileRanges,
            [
                .int(Int64(shard.number)), .intArray(wanted.map(\.level)), .intArray(wanted.map(\.first)),
                .intArray(wanted.map(\.last)),
            ])
        var tiles: [TileName: StoredTile] = [:]
        for row in 0..<rows.count {
            tiles[TileName(level: Int(rows.int(row, 0)), index: rows.int(row, 1))] = StoredTile(
                root: rows.bytes(row, 2), hashes: rows.bytes(row, 3))
        }
        let edges = try await session.query(SQL.readSealEdge, [.int(Int64(shard.number))])
        for row in 0..<edges.count {
            let name = TileName(level: 0, index: edges.int(row, 0) >> 8)
            if tiles[name] == nil { tiles[name] = StoredTile(open: edges.bytes(row, 1)) }
        }
        return tiles
    }

    /// What the head rows of all streams add up to.
    func streamHeads() async throws -> StreamSum {
        let summer = HeadSummer()
        _ = try await session.copyOut(SQL.copyStreamHeads) { chunk in
            try PGBinaryCopy.withRow(chunk, fieldCount: 3) { row in
                summer.sum.addHead(country: row.bytes(0), stream: row.bytes(1), version: row.int(2))
            }
        }
        return summer.sum
    }
}

/// Written on one session's queue, read after it.
private final class HeadSummer: @unchecked Sendable {
    var sum = StreamSum()
}
