/// A stored row as it was sealed, apart from any database: what an exported proof shows, and what its leaf hashes.
package struct SealedRow: Hashable, Sendable {
    /// One column's value.
    package enum Value: Hashable, Sendable {
        /// Nothing.
        case null
        /// Text.
        case text(String)
        /// A whole number; of a time microseconds since 1970-01-01T00:00Z, of a date days since 1970-01-01.
        case number(Int64)
        /// Bytes; of a UUID sixteen.
        case bytes([UInt8])
    }

    /// What the database is called: `booking`, `practitioner`, `patient`.
    package let database: String
    /// The tree's shard: that of the row's side.
    package let shard: Int64
    /// Position, side, then the columns of `events` in the order of the table.
    let values: [Value]

    /// Takes what `columns` of such a row had.
    ///
    /// - Throws: `SealedRowError` unless there is one value of the right kind for each column.
    package init(database: String, shard: Int64, values: [Value]) throws(SealedRowError) {
        guard values.count == CanonicalRow.columns.count else { throw .malformed(at: "columns") }
        for (field, value) in zip(CanonicalRow.columns, values) where !field.admits(value) {
            throw .malformed(at: field.name)
        }
        self.database = database
        self.shard = shard
        self.values = values
    }

    /// The bytes that its leaf hashes.
    package var canonicalBytes: [UInt8] { CanonicalRow.bytes(of: self) }

    /// The position in the shard, from 1; the leaf's number is one less.
    package var position: Int64 { number(0) }
    /// Which of the event's keys has this position: 0, or 1 for the second one of a move.
    package var side: Int64 { number(1) }

    /// Every column with its name, position and side first.
    package var columns: [(name: String, value: Value)] {
        zip(CanonicalRow.columns, values).map { (name: $0.name, value: $1) }
    }

    /// The value of a column by its name in `events`; nil for a name that there is not.
    package func value(_ name: String) -> Value? {
        CanonicalRow.columns.firstIndex { $0.name == name }.map { values[$0] }
    }

    private func number(_ place: Int) -> Int64 {
        if case .number(let number) = values[place] { return number }
        return 0
    }
}

/// Bytes are no sealed row, or a row cannot be one.
package enum SealedRowError: Error, Hashable, Sendable {
    /// The first field is not the format that this program knows.
    case unknownFormat
    /// The field of this name is cut, missing or of another kind.
    case malformed(at: String)
}

extension SealedRowError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownFormat: "the bytes are not of the format \(CanonicalRow.format)"
        case .malformed(let field): "the field \(field) of the sealed row is not as its format says"
        }
    }
}
