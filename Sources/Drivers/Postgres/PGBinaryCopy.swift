/// Reads the rows that `copyOut` lends for `COPY … (FORMAT binary)`, in place.
///
/// ```swift
/// try await session.copyOut(SQL.readBack) { chunk in
///     try PGBinaryCopy.withRow(chunk, fieldCount: 3) { row in fold(row.int64(0), row.bytes(2)) }
/// }
/// ```
package enum PGBinaryCopy {
    private static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00]
    private static let headerLength = 19

    /// Lends one row; the header in front of the first one is skipped, the trailer is no row.
    ///
    /// - Parameters:
    ///   - chunk: What `copyOut` lent.
    ///   - fieldCount: What the statement selects; another number is an error, not a guess.
    ///   - body: Gets the row, which it must not keep; not called for the trailer.
    /// - Throws: `PGError` when the bytes are not what the format says, or what `body` throws.
    package static func withRow(
        _ chunk: UnsafeRawBufferPointer, fieldCount: Int, _ body: (PGBinaryRow) throws -> Void
    ) throws {
        var at = 0
        if chunk.count >= headerLength, chunk.prefix(signature.count).elementsEqual(signature) {
            at = headerLength + Int(chunk.bigEndian(15, as: UInt32.self))
        }
        guard at < chunk.count else { return }
        guard at + 2 <= chunk.count else { throw malformed }
        let fields = Int(chunk.bigEndian(at, as: Int16.self))
        if fields == -1 { return }
        guard fields == fieldCount else { throw malformed }
        try withUnsafeTemporaryAllocation(of: PGBinaryRow.Field.self, capacity: max(1, fields)) { ranges in
            at += 2
            for index in 0..<fields {
                guard at + 4 <= chunk.count else { throw malformed }
                let length = Int(chunk.bigEndian(at, as: Int32.self))
                at += 4
                guard at + max(0, length) <= chunk.count else { throw malformed }
                ranges.initializeElement(at: index, to: PGBinaryRow.Field(start: at, length: length))
                at += max(0, length)
            }
            try body(PGBinaryRow(chunk: chunk, fields: UnsafeBufferPointer(rebasing: ranges[0..<fields])))
        }
    }

    private static var malformed: PGError { PGError("not the binary COPY format expected", during: "copy_row") }
}

/// One row of a binary COPY; valid only inside the closure that got it.
///
/// Fields count from 0.
package struct PGBinaryRow {
    struct Field: BitwiseCopyable {
        let start: Int
        let length: Int  // -1 for NULL
    }

    let chunk: UnsafeRawBufferPointer
    let fields: UnsafeBufferPointer<Field>

    /// True for NULL.
    package func isNull(_ field: Int) -> Bool { fields[field].length < 0 }

    /// The bytes of any field; empty for NULL.
    package func bytes(_ field: Int) -> UnsafeRawBufferPointer {
        let (start, length) = (fields[field].start, max(0, fields[field].length))
        return UnsafeRawBufferPointer(rebasing: chunk[start..<(start + length)])
    }

    /// `int2`, `int4` or `int8`; stops the process on NULL or another width, which is a mistake in our SQL.
    package func int(_ field: Int) -> Int64 {
        let value = bytes(field)
        switch value.count {
        case 8: return value.bigEndian(0, as: Int64.self)
        case 4: return Int64(value.bigEndian(0, as: Int32.self))
        case 2: return Int64(value.bigEndian(0, as: Int16.self))
        default: preconditionFailure("field \(field) is no integer but \(fields[field].length) bytes")
        }
    }

    /// `bool`.
    package func bool(_ field: Int) -> Bool { bytes(field)[0] != 0 }

    /// Text of any kind.
    package func text(_ field: Int) -> String { String(decoding: bytes(field), as: UTF8.self) }

    /// `uuid`.
    package func uuid(_ field: Int) -> PGUUID { bytes(field).uuid(0) }

    /// `timestamptz`, in microseconds since 1970-01-01T00:00Z.
    package func timestamp(_ field: Int) -> Int64 { PGEpoch.unixMicroseconds(int(field)) }

    /// `date`, in days since 1970-01-01.
    package func date(_ field: Int) -> Int32 { PGEpoch.unixDays(bytes(field).bigEndian(0, as: Int32.self)) }
}
