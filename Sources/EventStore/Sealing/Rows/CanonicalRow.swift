package import Postgres

/// The bytes of a stored row that are sealed: the content of a leaf.
///
/// This file alone knows the format, version 1.
///
/// A row is 27 fields, each its length (4 bytes, big-endian; 0xFFFFFFFF for NULL) and its bytes:
///
/// | field | what it is |
/// |---|---|
/// | 1 | `appointments-row/1`: this format |
/// | 2-5 | database (text), shard, position and side (numbers): which leaf of which tree it is |
/// | 6-27 | every column of `events`, in the order of the table |
///
/// Text and `bytea` are their bytes; a UUID is 16 bytes; a number is 8 bytes, big-endian, two's complement; a time is
/// the number of microseconds since 1970-01-01T00:00Z, a date that of days. No two different rows have the same bytes,
/// because every length stands in front.
///
/// ```swift
/// var canonical = CanonicalRow(of: tree)
/// canonical.write(rows, row)
/// let leaf = hasher.leaf(canonical.bytes)
/// ```
package struct CanonicalRow: Sendable {
    /// The first field.
    package static let format = "appointments-row/1"

    /// How a field's bytes come about.
    enum Kind {
        case text, bytes, uuid, number, time, date
    }

    /// A field that `read_rows_to_seal` answers, at the place of its column.
    struct Field {
        let name: String
        let kind: Kind
        var isNullable = false

        /// True if the field may have this value.
        func admits(_ value: SealedRow.Value) -> Bool {
            switch (value, kind) {
            case (.null, _): isNullable
            case (.text, .text), (.bytes, .bytes), (.number, .number), (.number, .time), (.number, .date): true
            case (.bytes(let bytes), .uuid): bytes.count == 16
            default: false
            }
        }
    }

    /// The columns of `read_rows_to_seal`, which follow the format and the tree's database and shard.
    static let columns: [Field] = [
        Field(name: "position", kind: .number),
        Field(name: "side", kind: .number),
        Field(name: "country_code", kind: .text),
        Field(name: "recorded_at", kind: .time),
        Field(name: "event_number", kind: .number),
        Field(name: "event_id", kind: .uuid),
        Field(name: "stream", kind: .text),
        Field(name: "stream_version", kind: .number),
        Field(name: "type", kind: .text),
        Field(name: "data_version", kind: .number),
        Field(name: "data", kind: .bytes),
        Field(name: "occurred_at", kind: .time),
        Field(name: "correlation_id", kind: .text),
        Field(name: "causation_id", kind: .text, isNullable: true),
        Field(name: "actor_role", kind: .text),
        Field(name: "actor_subject", kind: .text),
        Field(name: "traceparent", kind: .text, isNullable: true),
        Field(name: "zone_rules", kind: .text, isNullable: true),
        Field(name: "key", kind: .uuid),
        Field(name: "second_key", kind: .uuid, isNullable: true),
        Field(name: "shard", kind: .number),
        Field(name: "second_shard", kind: .number, isNullable: true),
        Field(name: "relevant_until", kind: .date, isNullable: true),
        Field(name: "patient_id", kind: .uuid, isNullable: true),
    ]

    /// The row that was written last; valid until the next one is.
    package private(set) var bytes: [UInt8] = []
    private var prefix: [UInt8] = []

    /// Writes rows of one tree, each over the one before.
    package init(of tree: SealedTree) {
        self.init(database: tree.database, shard: Int64(tree.shard.number))
    }

    init(database: String, shard: Int64) {
        bytes.reserveCapacity(2_048)
        append(Array(Self.format.utf8))
        append(Array(database.utf8))
        append(number: shard)
        prefix = bytes
    }

    /// Writes a row of `read_rows_to_seal`.
    package mutating func write(_ rows: PGRows, _ row: Int) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: prefix)
        for (column, field) in Self.columns.enumerated() {
            if rows.isNull(row, column) {
                appendNull()
                continue
            }
            switch field.kind {
            case .text, .bytes, .uuid:
                rows.withBytes(row, column) { (value) throws(Never) in append(value) }
            case .number: append(number: rows.int(row, column))
            case .time: append(number: rows.timestamp(row, column))
            case .date: append(number: Int64(rows.date(row, column)))
            }
        }
    }

    /// Writes a row of a binary COPY whose fields from `first` on are the columns of `read_rows_to_seal`.
    package mutating func write(_ copied: PGBinaryRow, from first: Int = 0) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: prefix)
        for (column, field) in Self.columns.enumerated() {
            let place = first + column
            if copied.isNull(place) {
                appendNull()
                continue
            }
            switch field.kind {
            case .text, .bytes, .uuid: append(copied.bytes(place))
            case .number: append(number: copied.int(place))
            case .time: append(number: copied.timestamp(place))
            case .date: append(number: Int64(copied.date(place)))
            }
        }
    }

    /// How many columns a row of `read_rows_to_seal` has.
    package static var columnCount: Int { columns.count }

    // MARK: Fields

    private mutating func append(number: Int64) {
        append(length: 8)
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ value: UnsafeRawBufferPointer) {
        append(length: UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    private mutating func append(_ value: [UInt8]) {
        append(length: UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    private mutating func appendNull() { append(length: .max) }

    private mutating func append(length: UInt32) {
        withUnsafeBytes(of: length.bigEndian) { bytes.append(contentsOf: $0) }
    }
}

// MARK: - Without a database

extension CanonicalRow {
    /// The bytes of a row that came from elsewhere, such as an exported proof.
    static func bytes(of row: SealedRow) -> [UInt8] {
        var canonical = CanonicalRow(database: row.database, shard: row.shard)
        for value in row.values {
            switch value {
            case .null: canonical.appendNull()
            case .text(let text): canonical.append(Array(text.utf8))
            case .bytes(let bytes): canonical.append(bytes)
            case .number(let number): canonical.append(number: number)
            }
        }
        return canonical.bytes
    }

    /// Reads a row back from its bytes.
    ///
    /// - Throws: `SealedRowError` where they are not exactly what this format says.
    package static func row(reading bytes: [UInt8]) throws(SealedRowError) -> SealedRow {
        var rest = bytes[...]
        guard case .text(Self.format)? = try value(&rest, .text, named: "format") else { throw .unknownFormat }
        guard case .text(let database)? = try value(&rest, .text, named: "database") else {
            throw .malformed(at: "database")
        }
        guard case .number(let shard)? = try value(&rest, .number, named: "shard") else {
            throw .malformed(at: "shard")
        }
        var values: [SealedRow.Value] = []
        for field in columns {
            values.append(try value(&rest, field.kind, named: field.name) ?? .null)
        }
        guard rest.isEmpty else { throw .malformed(at: "end") }
        return try SealedRow(database: database, shard: shard, values: values)
    }

    /// The next field's value; nil for NULL.
    private static func value(
        _ rest: inout ArraySlice<UInt8>, _ kind: Kind, named name: String
    ) throws(SealedRowError) -> SealedRow.Value? {
        guard rest.count >= 4 else { throw .malformed(at: name) }
        let length = rest.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        rest = rest.dropFirst(4)
        if length == .max { return nil }
        guard rest.count >= Int(length) else { throw .malformed(at: name) }
        let bytes = Array(rest.prefix(Int(length)))
        rest = rest.dropFirst(Int(length))
        switch kind {
        case .text:
            guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed(at: name) }
            return .text(text)
        case .bytes: return .bytes(bytes)
        case .uuid:
            guard bytes.count == 16 else { throw .malformed(at: name) }
            return .bytes(bytes)
        case .number, .time, .date:
            guard bytes.count == 8 else { throw .malformed(at: name) }
            return .number(Int64(bitPattern: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }))
        }
    }
}
