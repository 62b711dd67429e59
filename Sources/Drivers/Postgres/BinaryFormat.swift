extension UnsafeRawBufferPointer {
    /// A big-endian integer at any alignment.
    func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
        T(bigEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// Sixteen bytes as a UUID.
    func uuid(_ offset: Int) -> PGUUID {
        PGUUID(high: bigEndian(offset, as: UInt64.self), low: bigEndian(offset + 8, as: UInt64.self))
    }
}

extension PGType {
    private static let textual: Set<UInt32> = [
        18, 19, text, 114, 142, 705, 1042, 1043, jsonb,  // "char", name, text, json, xml, unknown, bpchar, varchar
    ]
    private static let firstUserType: UInt32 = 16_384  // enumerations, citext

    /// Whether a value's binary form is its text.
    static func isText(_ type: UInt32) -> Bool {
        textual.contains(type) || type >= firstUserType
    }
}

extension PGRows {
    /// `text[]` with NULLs as nil; one dimension.
    package func textArrayWithNulls(_ row: Int, _ column: Int) -> [String?] {
        required(row, column, PGType.textArray, 1015, 1003) { bytes in  // text[], varchar[], name[]
            elements(bytes) { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// `text[]` without NULLs; one dimension.
    package func textArray(_ row: Int, _ column: Int) -> [String] {
        withoutNulls(textArrayWithNulls(row, column), column)
    }

    /// `int2[]`, `int4[]` or `int8[]` with NULLs as nil; one dimension.
    package func intArrayWithNulls(_ row: Int, _ column: Int) -> [Int64?] {
        required(row, column, PGType.int8Array, PGType.int4Array, PGType.int2Array) { bytes in
            elements(bytes) { element in
                switch element.count {
                case 8: element.bigEndian(0, as: Int64.self)
                case 4: Int64(element.bigEndian(0, as: Int32.self))
                default: Int64(element.bigEndian(0, as: Int16.self))
                }
            }
        }
    }

    /// `int2[]`, `int4[]` or `int8[]` without NULLs; one dimension.
    package func intArray(_ row: Int, _ column: Int) -> [Int64] {
        withoutNulls(intArrayWithNulls(row, column), column)
    }

    /// `uuid[]` without NULLs; one dimension.
    package func uuidArray(_ row: Int, _ column: Int) -> [PGUUID] {
        let values = required(row, column, PGType.uuidArray) { bytes in elements(bytes) { $0.uuid(0) } }
        return withoutNulls(values, column)
    }

    /// `bytea[]` with NULLs as nil; one dimension.
    package func bytesArrayWithNulls(_ row: Int, _ column: Int) -> [[UInt8]?] {
        required(row, column, PGType.byteaArray) { bytes in elements(bytes) { Array($0) } }
    }

    /// `timestamptz[]` in microseconds since 1970, with NULLs as nil; one dimension.
    package func timestampArrayWithNulls(_ row: Int, _ column: Int) -> [Int64?] {
        required(row, column, PGType.timestamptzArray) { bytes in
            elements(bytes) { PGEpoch.unixMicroseconds($0.bigEndian(0, as: Int64.self)) }
        }
    }

    /// `date[]` in days since 1970, with NULLs as nil; one dimension.
    package func dateArrayWithNulls(_ row: Int, _ column: Int) -> [Int32?] {
        required(row, column, PGType.dateArray) { bytes in
            elements(bytes) { PGEpoch.unixDays($0.bigEndian(0, as: Int32.self)) }
        }
    }

    /// `bool[]` without NULLs; one dimension.
    package func boolArray(_ row: Int, _ column: Int) -> [Bool] {
        let values = required(row, column, PGType.boolArray) { bytes in elements(bytes) { $0[0] != 0 } }
        return withoutNulls(values, column)
    }

    /// `float8[]` with NULLs as nil; one dimension.
    package func doubleArrayWithNulls(_ row: Int, _ column: Int) -> [Double?] {
        required(row, column, PGType.float8Array) { bytes in
            elements(bytes) { Double(bitPattern: $0.bigEndian(0, as: UInt64.self)) }
        }
    }

    private func withoutNulls<T>(_ values: [T?], _ column: Int) -> [T] {
        let present = values.compactMap { $0 }
        precondition(present.count == values.count, "\(operation): the array in column \(column) holds NULLs")
        return present
    }

    /// Walks the format of `array_send`: dimensions, NULL flag, element type, length, lower bound, then the elements.
    private func elements<T>(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> T) -> [T?] {
        let dimensions = bytes.bigEndian(0, as: Int32.self)
        if dimensions == 0 { return [] }
        precondition(dimensions == 1, "\(operation): an array of \(dimensions) dimensions")
        let count = Int(bytes.bigEndian(12, as: Int32.self))
        var result: [T?] = []
        result.reserveCapacity(count)
        var at = 20
        for _ in 0..<count {
            let length = Int(bytes.bigEndian(at, as: Int32.self))
            at += 4
            if length < 0 {
                result.append(nil)
                continue
            }
            result.append(body(UnsafeRawBufferPointer(rebasing: bytes[at..<(at + length)])))
            at += length
        }
        return result
    }
}
