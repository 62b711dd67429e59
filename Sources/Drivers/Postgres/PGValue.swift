/// One parameter, sent in binary with an explicit type, so that the server guesses nothing.
///
/// JSON goes as `.text` with a cast in the SQL (`$1::jsonb`).
package enum PGValue: Sendable {
    /// NULL of whatever type the statement expects there.
    case null
    /// `bool`.
    case bool(Bool)
    /// `int8`.
    case int(Int64)
    /// `int4`.
    case int4(Int32)
    /// `int2`.
    case int2(Int16)
    /// `float8`.
    case double(Double)
    /// `text`; the server refuses a NUL character (SQLSTATE 22021).
    case text(String)
    /// `bytea`.
    case bytes([UInt8])
    /// `uuid`, high half first.
    case uuid(UInt64, UInt64)
    /// `timestamptz`, in microseconds since 1970-01-01T00:00Z.
    case timestamp(Int64)
    /// `date`, in days since 1970-01-01.
    case date(Int32)
    /// `bool[]`.
    case boolArray([Bool])
    /// `int2[]`.
    case int2Array([Int16])
    /// `int4[]`.
    case int4Array([Int32])
    /// `int8[]`.
    case intArray([Int64?])
    /// `float8[]`.
    case doubleArray([Double?])
    /// `text[]`; nil is NULL.
    case textArray([String?])
    /// `bytea[]`.
    case bytesArray([[UInt8]?])
    /// `uuid[]`; nil is NULL.
    case uuidArray([PGUUID?])
    /// `timestamptz[]`, in microseconds since 1970-01-01T00:00Z.
    case timestampArray([Int64?])
    /// `date[]`, in days since 1970-01-01.
    case dateArray([Int32?])
}

/// The 128 bits of a `uuid` column, without a dependency on anybody's identifier type.
package struct PGUUID: Hashable, Sendable {
    /// Bytes 0-7, big-endian.
    package let high: UInt64
    /// Bytes 8-15, big-endian.
    package let low: UInt64

    /// Takes the two halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// PostgreSQL counts time from 2000-01-01; everybody else from 1970-01-01.
enum PGEpoch {
    static let microseconds: Int64 = 946_684_800_000_000
    static let days: Int32 = 10_957

    /// Microseconds since 2000 as since 1970; the two infinities (the extreme values) stay what they are.
    static func unixMicroseconds(_ value: Int64) -> Int64 {
        if value == .min || value == .max { return value }
        let (sum, overflow) = value.addingReportingOverflow(microseconds)
        return overflow ? .max : sum
    }

    static func pgMicroseconds(_ value: Int64) -> Int64 {
        if value == .min || value == .max { return value }
        let (difference, overflow) = value.subtractingReportingOverflow(microseconds)
        return overflow ? .min : difference
    }

    static func unixDays(_ value: Int32) -> Int32 {
        if value == .min || value == .max { return value }
        let (sum, overflow) = value.addingReportingOverflow(days)
        return overflow ? .max : sum
    }

    static func pgDays(_ value: Int32) -> Int32 {
        if value == .min || value == .max { return value }
        let (difference, overflow) = value.subtractingReportingOverflow(days)
        return overflow ? .min : difference
    }
}

/// The type numbers of `pg_type` that this driver sends or checks; they never change between versions.
enum PGType {
    static let inferred: UInt32 = 0
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let oid: UInt32 = 26
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let date: UInt32 = 1082
    static let timestamp: UInt32 = 1114
    static let timestamptz: UInt32 = 1184
    static let uuid: UInt32 = 2950
    static let jsonb: UInt32 = 3802
    static let boolArray: UInt32 = 1000
    static let byteaArray: UInt32 = 1001
    static let int2Array: UInt32 = 1005
    static let int4Array: UInt32 = 1007
    static let textArray: UInt32 = 1009
    static let int8Array: UInt32 = 1016
    static let float8Array: UInt32 = 1022
    static let dateArray: UInt32 = 1182
    static let timestamptzArray: UInt32 = 1185
    static let uuidArray: UInt32 = 2951
}
