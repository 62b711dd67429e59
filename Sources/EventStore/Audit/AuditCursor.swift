import Domain

/// Where a page ended, and which history the whole answer is about.
///
/// Events are recorded at one moment and become visible at a later one, and numbers are drawn before they commit: a
/// transaction that is still running can put events *before* those that a page showed already. So neither a time nor a
/// number can say what belongs to an answer. A snapshot can: each database's is taken with the first page and kept in
/// the cursor, and every page shows exactly the events that were there in it. That set never changes, whatever commits
/// meanwhile, so no page skips or repeats a row; what commits later belongs to the next question. A transaction that
/// stays open hides its own events and nobody else's.
package struct AuditCursor: Hashable, Sendable {
    /// What one database's transactions looked like when the question began.
    struct Bound: Hashable, Sendable {
        /// `pg_snapshot`: `xmin:xmax:running,running…`.
        let snapshot: String
        /// The database's clock then.
        let at: Instant
        /// When its first event was recorded; nil where there is none.
        let firstRecordedAt: Instant?
    }

    /// An event's place in the order of pages: by time, and where that is the same, by database and number.
    struct Mark: Hashable, Sendable, Comparable {
        let recordedAt: Instant
        let database: AuditDatabase
        let number: Int64

        static func < (one: Self, other: Self) -> Bool {
            (one.recordedAt, one.database, one.number) < (other.recordedAt, other.database, other.number)
        }

        /// Which event of a database comes before all that may follow this mark.
        func last(in other: AuditDatabase) -> (recordedAt: Instant, number: Int64) {
            if other == database { return (recordedAt, number) }
            return (recordedAt, other < database ? .max : -1)
        }
    }

    /// More transactions than this are not listed one by one: then nothing of them and of later ones is shown.
    private static let runningMax = 40
    private static let version: UInt8 = 1

    let bounds: [AuditDatabase: Bound]
    let mark: Mark

    init(bounds: [AuditDatabase: Bound], mark: Mark) {
        self.bounds = bounds
        self.mark = mark
    }

    /// Reads what `bytes` wrote.
    ///
    /// - Throws: `AuditError.badCursor`. It is checked that the bytes are a cursor, not that they were given out: who
    ///   hands cursors to strangers signs them.
    package init(bytes: [UInt8]) throws(AuditError) {
        var reader = VarintReader(bytes)
        guard reader.byte() == Self.version, let count = reader.number(), count <= AuditDatabase.allCases.count else {
            throw .badCursor
        }
        var bounds: [AuditDatabase: Bound] = [:]
        for _ in 0..<count {
            guard let database = reader.database(), let bound = reader.bound(runningMax: Self.runningMax) else {
                throw .badCursor
            }
            bounds[database] = bound
        }
        guard let at = reader.number(), let database = reader.database(), let number = reader.number(), reader.isAtEnd
        else { throw .badCursor }
        self.init(
            bounds: bounds, mark: Mark(recordedAt: Instant(microseconds: at), database: database, number: number))
    }

    /// A few dozen bytes that say everything; at most 512.
    package var bytes: [UInt8] {
        var writer = VarintWriter()
        writer.byte(Self.version)
        writer.number(Int64(bounds.count))
        for (database, bound) in bounds.sorted(by: { $0.key < $1.key }) {
            writer.byte(UInt8(database.order))
            writer.bound(bound)
        }
        writer.number(mark.recordedAt.microseconds)
        writer.byte(UInt8(mark.database.order))
        writer.number(mark.number)
        return writer.bytes
    }

    /// A snapshot's text, shortened where too many transactions were running: what is hidden then comes with the next
    /// question.
    static func shortened(_ snapshot: String) -> String {
        let parts = snapshot.split(separator: ":", omittingEmptySubsequences: false)
        let running = parts.count == 3 ? parts[2].split(separator: ",").count : 0
        return running <= runningMax ? snapshot : "\(parts[0]):\(parts[0]):"
    }
}

/// Numbers that are not negative, seven bits a byte, as protocol buffers write them.
private struct VarintWriter {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func number(_ value: Int64) {
        var rest = UInt64(bitPattern: max(value, 0))
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// The snapshot's numbers as differences.
    mutating func bound(_ bound: AuditCursor.Bound) {
        let parts = bound.snapshot.split(separator: ":", omittingEmptySubsequences: false)
        let low = Int64(parts[0]) ?? 0
        let running = parts.count == 3 ? parts[2].split(separator: ",").compactMap { Int64($0) } : []
        number(low)
        number((parts.count > 1 ? Int64(parts[1]) ?? low : low) - low)
        number(Int64(running.count))
        for transaction in running { number(transaction - low) }
        number(bound.at.microseconds)
        number(bound.firstRecordedAt.map { $0.microseconds + 1 } ?? 0)
    }
}

private struct VarintReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> UInt8? { rest.popFirst() }

    mutating func number() -> Int64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return Int64(bitPattern: value) }
        }
        return nil
    }

    mutating func database() -> AuditDatabase? {
        guard let order = byte() else { return nil }
        return AuditDatabase.allCases.first { $0.order == Int(order) }
    }

    mutating func bound(runningMax: Int) -> AuditCursor.Bound? {
        guard let low = number(), let span = number(), let count = number(), count <= runningMax else { return nil }
        let (high, overflow) = low.addingReportingOverflow(span)
        if overflow { return nil }
        var running: [String] = []
        for _ in 0..<count {
            guard let transaction = number(), transaction < span else { return nil }
            running.append("\(low + transaction)")
        }
        guard low > 0, let at = number(), let first = number() else { return nil }
        return AuditCursor.Bound(
            snapshot: "\(low):\(high):\(running.joined(separator: ","))", at: Instant(microseconds: at),
            firstRecordedAt: first == 0 ? nil : Instant(microseconds: first - 1))
    }
}
