package import Domain
package import Postgres
import Synchronization

/// Reads the same as `Baseline.read`, as fast as the disk and the processors give it: several sessions in one snapshot,
/// each with its own stretches of the tables.
///
/// Events come nearly in the order of time, those of one stream too, but not quite: two readers are at work. Which
/// events are at or below P is known from the outbox of the snapshot, as there.
package struct BaselineScan: Sendable {
    /// How far a scan is.
    package struct Progress: Hashable, Sendable {
        /// Pages of 8 KiB that were read or passed over by an index.
        package var pagesDone = 0
        /// Pages of all tables.
        package var pagesTotal = 0
        /// Events that came.
        package var events = 0

        /// How far something is.
        package init(pagesDone: Int = 0, pagesTotal: Int = 0, events: Int = 0) {
            self.pagesDone = pagesDone
            self.pagesTotal = pagesTotal
            self.events = events
        }
    }

    /// Called before each stretch; it may take its time, and end the scan by throwing.
    package typealias Pace = @Sendable (Progress) async throws -> Void

    private let pool: PGPool
    private let filter: BaselineFilter
    private let readers: Int
    private let stretchPages: Int
    private let pace: Pace

    /// Reads nothing yet.
    ///
    /// - Parameters:
    ///   - pool: Lends `readers` sessions; the role `event_reader` may do all of this.
    ///   - filter: What is wanted; not one practitioner, who is found by an index (`Baseline.read`).
    ///   - readers: Sessions at work, at least 1.
    ///   - stretchPages: Pages of 8 KiB that one session takes at once, at least 1.
    ///   - pace: Asked before each stretch.
    package init(
        _ pool: PGPool, _ filter: BaselineFilter, readers: Int = 2, stretchPages: Int = 4_096,
        pace: @escaping Pace = { _ in }
    ) {
        precondition(readers >= 1 && stretchPages >= 1 && filter.practitioner == nil)
        self.pool = pool
        self.filter = filter
        self.readers = readers
        self.stretchPages = stretchPages
        self.pace = pace
    }

    /// Reads everything once.
    ///
    /// - Parameter makeReader: Called once a session; what it answers gets that session's events, in place, one after
    ///   the other. An event must not be kept.
    /// - Returns: P, in the order of `Shard.sealed`, and what was read.
    /// - Throws: What a reader or the pace throws; `PGError`; `CancellationError`.
    package func run(
        _ makeReader: @Sendable () throws -> @Sendable (ScannedEvent) throws -> Void
    ) async throws -> (heads: [ShardHead], progress: Progress) {
        try await Baseline.withSnapshot(of: pool) { baseline in
            let waiting = try await OutboxOfSnapshot(baseline.session)
            let desk = Desk(try await stretches(baseline.session))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<readers {
                    let reader = try makeReader()
                    group.addTask {
                        if number == 0 { return try await read(desk, baseline.session, waiting, reader) }
                        try await Baseline.withSnapshot(named: baseline.snapshotName, of: pool) { joined in
                            try await read(desk, joined.session, waiting, reader)
                        }
                    }
                }
                try await group.waitForAll()
            }
            return (baseline.heads, desk.progress)
        }
    }

    private func read(
        _ desk: Desk, _ session: PGSession, _ waiting: OutboxOfSnapshot,
        _ reader: @escaping @Sendable (ScannedEvent) throws -> Void
    ) async throws {
        while true {
            try await pace(desk.progress)
            guard let stretch = desk.next() else { return }
            let names = TypeNames()
            let rows = try await session.copyOut(copy(stretch)) { chunk in
                try PGBinaryCopy.withRow(chunk, fieldCount: ScannedEvent.fieldCount) { row in
                    let number = row.int(0)
                    let first = waiting.contains(number, side: 0)
                    let second = waiting.contains(number, side: 1)
                    if first && (second || row.isNull(ScannedEvent.secondKey)) { return }
                    try reader(
                        ScannedEvent(row: row, names: names, isFirstSideStamped: !first, isSecondSideFree: !second))
                }
            }
            desk.finish(stretch, Int(rows))
        }
    }

    // MARK: stretches

    /// Some pages of one table; all of it where the range is nil.
    private struct Stretch: Sendable {
        let table: String
        let pages: Int
        var range: Range<Int>?
    }

    /// What is still to be read, and what has been.
    private final class Desk: Sendable {
        private let state: Mutex<(rest: ArraySlice<Stretch>, progress: Progress)>

        init(_ stretches: [Stretch]) {
            state = Mutex((stretches[...], Progress(pagesTotal: stretches.reduce(0) { $0 + $1.pages })))
        }

        var progress: Progress { state.withLock { $0.progress } }

        func next() -> Stretch? { state.withLock { $0.rest.popFirst() } }

        func finish(_ stretch: Stretch, _ events: Int) {
            state.withLock { state in
                state.progress.pagesDone += stretch.pages
                state.progress.events += events
            }
        }
    }

    private func stretches(_ session: PGSession) async throws -> [Stretch] {
        let rows = try await session.query(
            SQL.listEventPartitions, [filter.country.map { .text($0.text) } ?? .null])
        var stretches: [Stretch] = []
        for row in 0..<rows.count {
            let whole = Stretch(table: rows.text(row, 0), pages: Int(rows.int(row, 1)))
            guard try await isReadInOrder(whole, session) else {
                stretches.append(whole)
                continue
            }
            for first in stride(from: 0, to: whole.pages, by: stretchPages) {
                let range = first..<min(first + stretchPages, whole.pages)
                stretches.append(Stretch(table: whole.table, pages: range.count, range: range))
            }
        }
        return stretches
    }

    /// Whether a table is worth being cut: it is large, and the planner would not rather use an index, as it does for
    /// old months of which little still matters.
    private func isReadInOrder(_ table: Stretch, _ session: PGSession) async throws -> Bool {
        if table.pages <= stretchPages { return false }
        if filter.relevantSince == nil { return true }
        let query = copy(table).text.replacing("COPY (", with: "EXPLAIN ").replacing(
            ") TO STDOUT (FORMAT binary)", with: "")
        let plan = try await session.query(SQLStatement(name: "explain_scan of \(table.table)", text: query))
        return plan.text(0, 0).hasPrefix("Seq Scan")
    }

    private func copy(_ stretch: Stretch) -> SQLStatement {
        let range = stretch.range.map { range in
            "e.ctid >= '(\(range.lowerBound),0)' AND e.ctid < '(\(range.upperBound),0)'"
        }
        let text = SQL.copyScan.text.replacing("/* partition */", with: stretch.table)
            .replacing("/* range */", with: range ?? "true").replacing("/* filter */", with: filter.conditionText)
        return SQLStatement(name: "copy_scan", text: text)
    }
}

/// What is committed and not stamped in a snapshot.
private struct OutboxOfSnapshot: Sendable {
    /// Ascending.
    private let ids: [Int64]

    init(_ session: PGSession) async throws {
        let found = Mutex<[Int64]>([])
        _ = try await session.copyOut(SQL.copyOutboxIDs) { chunk in
            try PGBinaryCopy.withRow(chunk, fieldCount: 1) { row in found.withLock { $0.append(row.int(0)) } }
        }
        ids = found.withLock { $0 }
    }

    /// Whether a side of an event waits; of nearly all events the first look says no.
    func contains(_ number: Int64, side: Int64) -> Bool {
        guard let first = ids.first, number * 2 + 1 >= first else { return false }
        let wanted = number * 2 + side
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low] == wanted
    }
}

/// Names of event types, shared instead of made anew for each row.
///
/// Used by one reader after the other, never by two.
private final class TypeNames: @unchecked Sendable {
    private var known: [(bytes: [UInt8], name: String)] = []

    func name(_ bytes: UnsafeRawBufferPointer) -> String {
        for candidate in known where candidate.bytes.count == bytes.count {
            if candidate.bytes.withUnsafeBytes({ memoryEquals($0, bytes) }) { return candidate.name }
        }
        let name = String(decoding: bytes, as: UTF8.self)
        known.append((Array(bytes), name))
        return name
    }

    private func memoryEquals(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        for index in 0..<one.count where one[index] != other[index] { return false }
        return true
    }
}

/// One event of a scan, valid only in the closure that got it.
package struct ScannedEvent {
    static let fieldCount = 12
    static let secondKey = 11

    let row: PGBinaryRow
    private let names: TypeNames
    /// True if the record of the first key is at or below P: apply that side.
    package let isFirstSideStamped: Bool
    private let isSecondSideFree: Bool

    fileprivate init(row: PGBinaryRow, names: TypeNames, isFirstSideStamped: Bool, isSecondSideFree: Bool) {
        self.row = row
        self.names = names
        self.isFirstSideStamped = isFirstSideStamped
        self.isSecondSideFree = isSecondSideFree
    }

    /// Ascends within a stream and within a practitioner.
    package var number: Int64 { row.int(0) }
    /// When it was appended, by the database's clock.
    package var recordedAt: Instant { Instant(microseconds: row.timestamp(1)) }
    /// The event's own id.
    package var eventID: EventID {
        let id = row.uuid(2)
        return EventID(high: id.high, low: id.low)
    }
    /// The version that the stream had after it.
    package var streamVersion: Int64 { row.int(3) }
    /// Its name and the version of its data.
    package var wireType: WireType { WireType(names.name(row.bytes(4)), dataVersion: Int(row.int(5))) }
    /// The exact JSON bytes, where they lie.
    package var data: UnsafeRawBufferPointer { row.bytes(6) }
    /// Where it happened; nil for what is no country code.
    package var country: CountryCode? { CountryCode(utf8: row.bytes(7)) }
    /// The shard of the first key.
    package var shard: Shard { Shard(Int(row.int(8))) }
    /// The shard of the second key of a move between practitioners.
    package var secondShard: Shard? { row.isNull(9) ? nil : Shard(Int(row.int(9))) }
    /// The first key, a practitioner's id in what is published.
    package var practitioner: PractitionerID {
        let id = row.uuid(10)
        return PractitionerID(high: id.high, low: id.low)
    }
    /// The second key: who got the booking in a move between practitioners.
    package var secondPractitioner: PractitionerID? {
        guard !row.isNull(Self.secondKey) else { return nil }
        let id = row.uuid(Self.secondKey)
        return PractitionerID(high: id.high, low: id.low)
    }
    /// True if there is a second key and its record is at or below P: apply that side.
    package var isSecondSideStamped: Bool { isSecondSideFree && !row.isNull(Self.secondKey) }
}
