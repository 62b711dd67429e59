import Domain

/// Rows as COPY takes them in its binary format, for histories too large to be appended one command after the other.
struct CopyWriter {
    private static let epochDays: Int32 = 10_957
    private static let epochMicroseconds: Int64 = 946_684_800_000_000

    private(set) var bytes: [UInt8]

    init() {
        bytes = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)
    }

    /// Takes what was written so far.
    mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    mutating func beginRow(_ fields: Int16) { append(fields) }

    /// Ends the file.
    mutating func finish() { append(Int16(-1)) }

    mutating func null() { append(Int32(-1)) }

    mutating func int(_ value: Int64) { field(8) { $0.append(value) } }

    mutating func int4(_ value: Int32) { field(4) { $0.append(value) } }

    mutating func int2(_ value: Int16) { field(2) { $0.append(value) } }

    mutating func blob(_ value: [UInt8]) { field(value.count) { $0.bytes.append(contentsOf: value) } }

    mutating func text(_ value: String) { blob(Array(value.utf8)) }

    mutating func uuid<Tag>(_ id: Identifier<Tag>) {
        field(16) {
            $0.append(id.high)
            $0.append(id.low)
        }
    }

    mutating func timestamp(_ moment: Instant) { int(moment.microseconds - Self.epochMicroseconds) }

    mutating func date(_ date: LocalDate) { int4(date.days - Self.epochDays) }

    /// An array of `bigint` without NULLs.
    mutating func ints(_ values: [Int64]) {
        field(20 + 12 * values.count) { writer in
            writer.append(Int32(1))
            writer.append(Int32(0))
            writer.append(Int32(20))  // the OID of bigint
            writer.append(Int32(values.count))
            writer.append(Int32(1))
            for value in values { writer.int(value) }
        }
    }

    private mutating func field(_ length: Int, _ body: (inout CopyWriter) -> Void) {
        append(Int32(length))
        body(&self)
    }

    private mutating func append<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
