import Crypto
import Postgres

/// Turns rows of `copy_history` into leaves, in place: no object and no allocation a row.
///
/// Used by one session at a time, on its queue.
///
/// A row of a binary COPY is nearly canonical already: the same lengths in front of the same bytes. Only small numbers
/// are widened here (the server takes a sixth of a row's time for it), times and the date are counted from another day,
/// and position and side come from the stamps. That this writes what `CanonicalRow` writes is tested with every column.
final class RowScanner: @unchecked Sendable {
    /// Columns of `copy_history`: those of `events`.
    static let columnCount = 22

    private enum Column {
        static let country = 0
        static let recordedAt = 1
        static let number = 2
        static let stream = 4
        static let version = 5
        static let dataVersion = 7
        static let occurredAt = 9
        static let secondKey = 17
        static let shard = 18
        static let secondShard = 19
        static let relevantUntil = 20
    }

    /// Rows that came.
    private(set) var rowCount: Int64 = 0
    /// Bytes that were hashed.
    private(set) var byteCount: Int64 = 0
    /// Ids of rows that have no position in the round.
    private(set) var unclaimed: [Int64] = []
    /// Slots for which a second row came.
    private(set) var doubled: [Int] = []
    /// Numbers of rows that were fetched by number.
    private(set) var fetched: Set<Int64> = []
    /// Ties the versions of all streams together, see `StreamSum`.
    private(set) var streams = StreamSum()

    private let round: StampedRound
    /// Slots to fill by id; nil: all of the round's numbers.
    private let wanted: [Int64: [Int]]?
    /// What a leaf of a shard begins with: the mark of a leaf and the fields before the position.
    private let prefixes: [[UInt8]]
    private let starts = UnsafeMutablePointer<Int>.allocate(capacity: columnCount + 1)
    private var scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 8)
    private var hasher = SHA256Hasher()

    /// Fills the slots of a round.
    ///
    /// - Parameters:
    ///   - round: Prepared.
    ///   - database: As it stands in every sealed row.
    ///   - wanted: Only these slots, by id; nil: every row is looked up, and what has no slot is remembered.
    init(_ round: StampedRound, database: String, wanted: [Int64: [Int]]? = nil) {
        self.round = round
        self.wanted = wanted
        prefixes = Shard.sealed.map { shard in
            [0] + CanonicalRow(of: SealedTree(database: database, shard: shard)).bytes
        }
    }

    deinit {
        starts.deallocate()
        scratch.deallocate()
    }

    /// Takes what `copyOut` lends: a row, maybe with the file's header in front, or the trailer.
    ///
    /// - Throws: `HistoryFormatError` when the bytes are not what the statement selects.
    func take(_ chunk: UnsafeRawBufferPointer) throws(HistoryFormatError) {
        guard let end = try locateFields(chunk) else { return }
        rowCount += 1
        let number = integer(chunk, Column.number)
        let recordedAt = Self.unixMicroseconds(integer(chunk, Column.recordedAt))
        if wanted == nil {
            streams.add(
                country: bytes(chunk, Column.country), stream: bytes(chunk, Column.stream),
                version: integer(chunk, Column.version))
        } else {
            fetched.insert(number)
        }
        let hasSecond = starts[Column.secondKey + 1] - starts[Column.secondKey] > 4
        for side: Int64 in 0...1 {
            let id = number &* 2 &+ side
            if let wanted {
                for slot in wanted[id] ?? [] { fill(slot, side, recordedAt, chunk, end) }
            } else if let slot = round.slot(of: id) {
                fill(slot, side, recordedAt, chunk, end)
            } else if side == 0 || hasSecond {
                unclaimed.append(id)
            }
        }
    }

    private func fill(_ slot: Int, _ side: Int64, _ recordedAt: Int64, _ chunk: UnsafeRawBufferPointer, _ end: Int) {
        let (shard, position) = round.place(ofSlot: slot)
        let count = compose(chunk, end, prefixes[shard.number], position, side)
        hasher.update(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
        byteCount += Int64(count)
        let leaf = withUnsafeTemporaryAllocation(byteCount: TreeHash.byteCount, alignment: 8) { output in
            hasher.finish(into: output)
            return TreeHash(reading: UnsafeRawBufferPointer(output))
        }
        if !round.fill(slot, leaf, recordedAt: recordedAt) { doubled.append(slot) }
    }

    // MARK: the row's bytes

    private static let signature = UInt64(bigEndian: 0x50_47_43_4F_50_59_0A_FF)  // PGCOPY\n\377
    private static let headerLength = 19

    /// Notes where each field begins, its length word included; nil for the trailer.
    private func locateFields(_ chunk: UnsafeRawBufferPointer) throws(HistoryFormatError) -> Int? {
        var at = 0
        if chunk.count >= Self.headerLength, chunk.loadUnaligned(as: UInt64.self) == Self.signature {
            at = Self.headerLength
        }
        guard at < chunk.count else { return nil }
        guard at + 2 <= chunk.count else { throw HistoryFormatError() }
        let fields = Int16(bigEndian: chunk.loadUnaligned(fromByteOffset: at, as: Int16.self))
        if fields == -1 { return nil }
        guard fields == Self.columnCount else { throw HistoryFormatError() }
        at += 2
        for field in 0..<Self.columnCount {
            guard at + 4 <= chunk.count else { throw HistoryFormatError() }
            starts[field] = at
            at += 4 + max(0, Int(Int32(bigEndian: chunk.loadUnaligned(fromByteOffset: at, as: Int32.self))))
        }
        guard at <= chunk.count else { throw HistoryFormatError() }
        starts[Self.columnCount] = at
        return at
    }

    private func bytes(_ chunk: UnsafeRawBufferPointer, _ field: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: chunk[(starts[field] + 4)..<starts[field + 1]])
    }

    private func integer(_ chunk: UnsafeRawBufferPointer, _ field: Int) -> Int64 {
        Int64(bigEndian: chunk.loadUnaligned(fromByteOffset: starts[field] + 4, as: Int64.self))
    }

    /// Writes the leaf's content into `scratch`; answers its length.
    private func compose(
        _ chunk: UnsafeRawBufferPointer, _ end: Int, _ prefix: [UInt8], _ position: Int64, _ side: Int64
    ) -> Int {
        let first = starts[0]
        let room = prefix.count + 24 + end - first + 8 * Self.narrow.count
        if scratch.count < room {
            scratch.deallocate()
            scratch = .allocate(byteCount: 2 * room, alignment: 8)
        }
        prefix.withUnsafeBytes { scratch.copyMemory(from: $0) }
        var at = prefix.count
        for number in [position, side] { at = store(number, at: at) }
        let row = at
        var copied = first
        for (field, isDate) in Self.narrow {
            at = copy(chunk, copied..<starts[field], to: at)
            copied = starts[field + 1]
            guard let number = narrowInteger(chunk, field) else {
                at = copy(chunk, starts[field]..<copied, to: at)  // NULL
                continue
            }
            at = store(isDate ? Self.unixDays(number) : Int64(number), at: at)
        }
        at = copy(chunk, copied..<end, to: at)
        // One time lies before the first narrow column; the other is moved by the 4 bytes that data_version has grown.
        _ = store(Self.unixMicroseconds(integer(chunk, Column.recordedAt)), at: row + starts[Column.recordedAt] - first)
        _ = store(
            Self.unixMicroseconds(integer(chunk, Column.occurredAt)), at: row + starts[Column.occurredAt] - first + 4)
        return at
    }

    /// Columns that have fewer than the 8 bytes that are sealed of them, and whether they are dates.
    private static let narrow = [
        (Column.dataVersion, false), (Column.shard, false), (Column.secondShard, false), (Column.relevantUntil, true),
    ]

    /// An `int2`, `int4` or `date`; nil for NULL.
    private func narrowInteger(_ chunk: UnsafeRawBufferPointer, _ field: Int) -> Int32? {
        let start = starts[field] + 4
        switch starts[field + 1] - start {
        case 4: return Int32(bigEndian: chunk.loadUnaligned(fromByteOffset: start, as: Int32.self))
        case 2: return Int32(Int16(bigEndian: chunk.loadUnaligned(fromByteOffset: start, as: Int16.self)))
        default: return nil
        }
    }

    private func copy(_ chunk: UnsafeRawBufferPointer, _ range: Range<Int>, to at: Int) -> Int {
        UnsafeMutableRawBufferPointer(rebasing: scratch[at...]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: chunk[range]))
        return at + range.count
    }

    /// Writes a number as a field: its length and eight bytes.
    private func store(_ number: Int64, at: Int) -> Int {
        scratch.storeBytes(of: UInt32(8).bigEndian, toByteOffset: at, as: UInt32.self)
        scratch.storeBytes(of: number.bigEndian, toByteOffset: at + 4, as: Int64.self)
        return at + 12
    }

    // PostgreSQL counts from 2000-01-01; its two infinities stay the extreme values.
    private static func unixMicroseconds(_ value: Int64) -> Int64 {
        if value == .min || value == .max { return value }
        let (sum, overflow) = value.addingReportingOverflow(946_684_800_000_000)
        return overflow ? .max : sum
    }

    private static func unixDays(_ value: Int32) -> Int64 {
        value == .min || value == .max ? Int64(value) : min(Int64(value) + 10_957, Int64(Int32.max))
    }
}

/// Rows do not come as the statement selects them.
package struct HistoryFormatError: Error, CustomStringConvertible {
    /// Says so.
    package var description: String { "the database did not send rows as copy_history selects them" }
}
