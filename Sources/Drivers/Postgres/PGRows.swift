import CLibPQ

/// The whole result of one statement, in binary, read in place.
///
/// The getters without `orNil` are for columns that the SQL declares NOT NULL and of the named type: a NULL or another
/// type is a mistake in our own SQL and stops the process with the statement's name. Rows and columns count from 0.
package final class PGRows: Sendable {
    /// A `PGresult` may be read by any thread; nobody changes it after this object took it.
    private struct Handle: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private let handle: Handle
    /// The statement that made these rows.
    package let operation: String

    /// Takes the ownership of a result that is not an error.
    init(taking pointer: OpaquePointer, during operation: String) {
        handle = Handle(pointer: pointer)
        self.operation = operation
    }

    deinit { PQclear(handle.pointer) }

    /// How many rows came back; `PQntuples`.
    package var count: Int { Int(PQntuples(handle.pointer)) }

    /// How many columns each row has; `PQnfields`.
    package var columnCount: Int { Int(PQnfields(handle.pointer)) }

    /// How many rows the statement inserted, changed, deleted or selected; 0 for others; `PQcmdTuples`.
    package var affected: Int { Int(String(cString: PQcmdTuples(handle.pointer))) ?? 0 }

    /// The name of a column as the statement gives it.
    package func columnName(_ column: Int) -> String? {
        PQfname(handle.pointer, Int32(column)).map { String(cString: $0) }
    }

    /// True for NULL; `PQgetisnull`.
    package func isNull(_ row: Int, _ column: Int) -> Bool {
        check(row, column)
        return PQgetisnull(handle.pointer, Int32(row), Int32(column)) == 1
    }

    /// Lends the bytes of one value as the server sent them; empty for NULL.
    ///
    /// They must not be kept.
    package func withBytes<T, Failure: Error>(
        _ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> T
    ) throws(Failure) -> T {
        check(row, column)
        let start = PQgetvalue(handle.pointer, Int32(row), Int32(column))
        let length = PQgetlength(handle.pointer, Int32(row), Int32(column))
        let result = try body(UnsafeRawBufferPointer(start: start, count: Int(length)))
        return withExtendedLifetime(self) { result }
    }

    /// What the server did, such as `COMMIT` or `INSERT 0 3`.
    var commandTag: String { String(cString: PQcmdStatus(handle.pointer)) }

    func type(_ column: Int) -> UInt32 { PQftype(handle.pointer, Int32(column)) }

    /// Lends a value that must not be NULL and must be of one of the types; 0 is no column's type.
    func required<T>(
        _ row: Int, _ column: Int, _ type1: UInt32, _ type2: UInt32 = 0, _ type3: UInt32 = 0, _ type4: UInt32 = 0,
        body: (UnsafeRawBufferPointer) -> T
    ) -> T {
        precondition(!isNull(row, column), "\(operation): column \(column) is NULL, read it with …OrNil")
        let type = type(column)
        precondition(
            type == type1 || type == type2 || type == type3 || type == type4,
            "\(operation): column \(column) has type \(type), not \(type1) or what reads like it")
        return withBytes(row, column) { (bytes) throws(Never) -> T in body(bytes) }
    }

    private func check(_ row: Int, _ column: Int) {
        precondition(
            row >= 0 && row < count && column >= 0 && column < columnCount,
            "\(operation): no row \(row), column \(column) in \(count) rows of \(columnCount) columns")
    }
}

extension PGRows {
    /// `int2`, `int4` or `int8`.
    package func int(_ row: Int, _ column: Int) -> Int64 {
        required(row, column, PGType.int8, PGType.int4, PGType.int2, PGType.oid) { bytes in
            switch bytes.count {
            case 8: bytes.bigEndian(0, as: Int64.self)
            case 4: Int64(bytes.bigEndian(0, as: Int32.self))
            default: Int64(bytes.bigEndian(0, as: Int16.self))
            }
        }
    }

    /// `bool`.
    package func bool(_ row: Int, _ column: Int) -> Bool {
        required(row, column, PGType.bool) { $0[0] != 0 }
    }

    /// `float8` or `float4`.
    package func double(_ row: Int, _ column: Int) -> Double {
        required(row, column, PGType.float8, PGType.float4) { bytes in
            bytes.count == 8
                ? Double(bitPattern: bytes.bigEndian(0, as: UInt64.self))
                : Double(Float(bitPattern: bytes.bigEndian(0, as: UInt32.self)))
        }
    }

    /// `text` and its relatives, `json`, `jsonb`, enumerations.
    package func text(_ row: Int, _ column: Int) -> String {
        precondition(!isNull(row, column), "\(operation): column \(column) is NULL, read it with …OrNil")
        let type = type(column)
        precondition(PGType.isText(type), "\(operation): column \(column) has type \(type), which is not text")
        return withBytes(row, column) { (bytes) throws(Never) -> String in
            // The binary form of jsonb is a version number and then the text.
            String(
                decoding: type == PGType.jsonb ? UnsafeRawBufferPointer(rebasing: bytes.dropFirst()) : bytes,
                as: UTF8.self)
        }
    }

    /// The bytes of any value that is not NULL: of `bytea` and text the content, of others the binary format.
    package func bytes(_ row: Int, _ column: Int) -> [UInt8] {
        precondition(!isNull(row, column), "\(operation): column \(column) is NULL, read it with …OrNil")
        return withBytes(row, column) { (bytes) throws(Never) -> [UInt8] in Array(bytes) }
    }

    /// `uuid`.
    package func uuid(_ row: Int, _ column: Int) -> PGUUID {
        required(row, column, PGType.uuid) { $0.uuid(0) }
    }

    /// `timestamptz`, in microseconds since 1970-01-01T00:00Z; the infinities are the extreme values.
    package func timestamp(_ row: Int, _ column: Int) -> Int64 {
        required(row, column, PGType.timestamptz, PGType.timestamp) {
            PGEpoch.unixMicroseconds($0.bigEndian(0, as: Int64.self))
        }
    }

    /// `date`, in days since 1970-01-01; the infinities are the extreme values.
    package func date(_ row: Int, _ column: Int) -> Int32 {
        required(row, column, PGType.date) { PGEpoch.unixDays($0.bigEndian(0, as: Int32.self)) }
    }
}

extension PGRows {
    /// `int2`, `int4` or `int8`; nil for NULL.
    package func intOrNil(_ row: Int, _ column: Int) -> Int64? {
        isNull(row, column) ? nil : int(row, column)
    }

    /// `bool`; nil for NULL.
    package func boolOrNil(_ row: Int, _ column: Int) -> Bool? {
        isNull(row, column) ? nil : bool(row, column)
    }

    /// `float8` or `float4`; nil for NULL.
    package func doubleOrNil(_ row: Int, _ column: Int) -> Double? {
        isNull(row, column) ? nil : double(row, column)
    }

    /// Text of any kind; nil for NULL.
    package func textOrNil(_ row: Int, _ column: Int) -> String? {
        isNull(row, column) ? nil : text(row, column)
    }

    /// The bytes of any value; nil for NULL.
    package func bytesOrNil(_ row: Int, _ column: Int) -> [UInt8]? {
        isNull(row, column) ? nil : bytes(row, column)
    }

    /// `uuid`; nil for NULL.
    package func uuidOrNil(_ row: Int, _ column: Int) -> PGUUID? {
        isNull(row, column) ? nil : uuid(row, column)
    }

    /// `timestamptz` in microseconds since 1970; nil for NULL.
    package func timestampOrNil(_ row: Int, _ column: Int) -> Int64? {
        isNull(row, column) ? nil : timestamp(row, column)
    }

    /// `date` in days since 1970; nil for NULL.
    package func dateOrNil(_ row: Int, _ column: Int) -> Int32? {
        isNull(row, column) ? nil : date(row, column)
    }
}
