/// Turns the parameters of one statement into what `PQsendQueryPrepared` wants.
///
/// Reused for the next statement, so a warm session allocates little.
struct ParameterEncoder {
    /// The types of the values encoded last; `PGType.inferred` for a bare NULL.
    private(set) var types: [UInt32] = []
    private var bytes: [UInt8] = []
    private var starts: [Int] = []  // -1 for NULL
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var pointers: [UnsafePointer<CChar>?] = []

    /// Replaces what was encoded before.
    mutating func encode(_ values: [PGValue]) {
        types.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        bytes.append(0)  // never empty: an empty value must not become the nil pointer that means NULL
        for value in values {
            let start = bytes.count
            let type = append(value)
            types.append(type)
            starts.append(type == PGType.inferred ? -1 : start)
            lengths.append(Int32(clamping: bytes.count - start))
        }
        while formats.count < values.count { formats.append(1) }
    }

    /// Lends the encoded values (count, pointers, lengths, formats) to one C call, which must not keep them.
    mutating func withPointers<T>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> T
    ) -> T {
        pointers.removeAll(keepingCapacity: true)
        return bytes.withUnsafeBytes { buffer in
            for start in starts {
                let address = start < 0 ? nil : buffer.baseAddress?.advanced(by: start)
                pointers.append(address?.assumingMemoryBound(to: CChar.self))
            }
            return body(Int32(starts.count), pointers, lengths, formats)
        }
    }

    /// Appends the value's bytes and says its type.
    private mutating func append(_ value: PGValue) -> UInt32 {
        switch value {
        case .null: return PGType.inferred
        case .bool(let value):
            bytes.append(value ? 1 : 0)
            return PGType.bool
        case .int(let value): return append(value, as: PGType.int8)
        case .int4(let value): return append(value, as: PGType.int4)
        case .int2(let value): return append(value, as: PGType.int2)
        case .double(let value): return append(value.bitPattern, as: PGType.float8)
        case .text(let value):
            bytes.append(contentsOf: value.utf8)
            return PGType.text
        case .bytes(let value):
            bytes.append(contentsOf: value)
            return PGType.bytea
        case .uuid(let high, let low):
            append(high)
            return append(low, as: PGType.uuid)
        case .timestamp(let value): return append(PGEpoch.pgMicroseconds(value), as: PGType.timestamptz)
        case .date(let value): return append(PGEpoch.pgDays(value), as: PGType.date)
        default: return appendArray(value)
        }
    }

    private mutating func appendArray(_ value: PGValue) -> UInt32 {
        switch value {
        case .boolArray(let values):
            return append(values, of: PGType.bool, as: PGType.boolArray) { $0.bytes.append($1 ? 1 : 0) }
        case .int2Array(let values):
            return append(values, of: PGType.int2, as: PGType.int2Array) { $0.append($1) }
        case .int4Array(let values):
            return append(values, of: PGType.int4, as: PGType.int4Array) { $0.append($1) }
        case .intArray(let values):
            return append(values, of: PGType.int8, as: PGType.int8Array) { $0.append($1) }
        case .doubleArray(let values):
            return append(values, of: PGType.float8, as: PGType.float8Array) { $0.append($1.bitPattern) }
        case .textArray(let values):
            return append(values, of: PGType.text, as: PGType.textArray) { $0.bytes.append(contentsOf: $1.utf8) }
        case .bytesArray(let values):
            return append(values, of: PGType.bytea, as: PGType.byteaArray) { $0.bytes.append(contentsOf: $1) }
        case .uuidArray(let values):
            return append(values, of: PGType.uuid, as: PGType.uuidArray) {
                $0.append($1.high)
                $0.append($1.low)
            }
        case .timestampArray(let values):
            return append(values, of: PGType.timestamptz, as: PGType.timestamptzArray) {
                $0.append(PGEpoch.pgMicroseconds($1))
            }
        case .dateArray(let values):
            return append(values, of: PGType.date, as: PGType.dateArray) { $0.append(PGEpoch.pgDays($1)) }
        case .null, .bool, .int, .int4, .int2, .double, .text, .bytes, .uuid, .timestamp, .date:
            preconditionFailure("not an array")
        }
    }

    private mutating func append<T: FixedWidthInteger>(_ value: T, as type: UInt32) -> UInt32 {
        append(value)
        return type
    }

    private mutating func append<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func append<T>(
        _ values: [T], of element: UInt32, as type: UInt32, _ body: (inout Self, T) -> Void
    ) -> UInt32 {
        appendHeader(count: values.count, hasNulls: false, element)
        for value in values { appendElement(value, body) }
        return type
    }

    private mutating func append<T>(
        _ values: [T?], of element: UInt32, as type: UInt32, _ body: (inout Self, T) -> Void
    ) -> UInt32 {
        appendHeader(count: values.count, hasNulls: values.contains { $0 == nil }, element)
        for value in values {
            if let value { appendElement(value, body) } else { append(Int32(-1)) }
        }
        return type
    }

    /// The format of `array_recv`: dimensions, NULL flag, element type, then length and lower bound of each dimension.
    private mutating func appendHeader(count: Int, hasNulls: Bool, _ element: UInt32) {
        append(Int32(count == 0 ? 0 : 1))
        append(Int32(hasNulls ? 1 : 0))
        append(element)
        if count == 0 { return }
        append(Int32(clamping: count))
        append(Int32(1))
    }

    private mutating func appendElement<T>(_ value: T, _ body: (inout Self, T) -> Void) {
        let lengthAt = bytes.count
        append(Int32(0))
        body(&self, value)
        let length = UInt32(truncatingIfNeeded: bytes.count - lengthAt - 4)
        for index in 0..<4 { bytes[lengthAt + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
    }
}
