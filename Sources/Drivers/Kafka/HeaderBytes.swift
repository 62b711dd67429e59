import CRdKafka
import Glibc

/// The headers of the records of a batch, side by side in one piece of memory.
///
/// librdkafka parses headers into a list of one allocation each. Lists that lived as long as their batch, and ended on
/// another thread than they began on, were two fifths of what reading a record cost: malloc serves a short life on one
/// thread from the thread's own cache, and nothing else. Each list ends here, before the next begins.
///
/// A record's headers follow each other in their order: length of the name, length of the value (4 bytes each, of this
/// machine), name, value.
struct HeaderBytes: ~Copyable {
    private static let lengthsSize = 2 * MemoryLayout<UInt32>.size
    /// What the headers of one of our records need, more or less.
    private static let usualSize = 512

    private var bytes: UnsafeMutableRawPointer
    private var capacity: Int
    /// Where the headers of each record end.
    private var ends: [Int] = []

    /// Has room for the usual headers of so many records, and grows.
    init(records: Int) {
        capacity = max(1, records) * Self.usualSize
        bytes = .allocate(byteCount: capacity, alignment: 1)
        ends.reserveCapacity(records)
    }

    deinit { bytes.deallocate() }

    /// Takes over the headers of the next record; `rd_kafka_message_detach_headers()`.
    ///
    /// Nobody may ask the record for them again.
    mutating func append(takingFrom message: UnsafeMutablePointer<rd_kafka_message_t>) {
        var end = ends.last ?? 0
        var list: OpaquePointer?
        if rd_kafka_message_detach_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list {
            var (name, value, size): (UnsafePointer<CChar>?, UnsafeRawPointer?, Int) = (nil, nil, 0)
            var index = 0
            while rd_kafka_header_get_all(list, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
                index += 1
                guard let name else { continue }
                end = write(
                    UnsafeRawBufferPointer(start: name, count: strlen(name)),
                    UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : size), at: end)
            }
            rd_kafka_headers_destroy(list)
        }
        ends.append(end)
    }

    /// Lends the last header of that name; as `rd_kafka_header_get_last()`.
    ///
    /// But a name with a zero in it, which only somebody else would write, ends there.
    ///
    /// - Returns: What `body` returned, or nil where the record has no such header.
    func withLast<T>(
        _ name: StaticString, of record: Int, _ body: (UnsafeRawBufferPointer) throws -> T
    ) rethrows -> T? {
        var place = record == 0 ? 0 : ends[record - 1]
        let wanted = name.utf8CodeUnitCount
        var found: UnsafeRawBufferPointer?
        while place < ends[record] {
            let nameSize = Int(bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
            let valueSize = Int(bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self))
            let start = bytes + place + Self.lengthsSize
            if nameSize == wanted, memcmp(start, name.utf8Start, wanted) == 0 {
                found = UnsafeRawBufferPointer(start: start + nameSize, count: valueSize)
            }
            place += Self.lengthsSize + nameSize + valueSize
        }
        return try found.map(body)
    }

    /// - Returns: The end of what was written.
    private mutating func write(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, at end: Int) -> Int {
        let next = end + Self.lengthsSize + name.count + value.count
        if next > capacity { grow(to: next, keeping: end) }
        bytes.storeBytes(of: UInt32(name.count), toByteOffset: end, as: UInt32.self)
        bytes.storeBytes(of: UInt32(value.count), toByteOffset: end + 4, as: UInt32.self)
        let start = bytes + end + Self.lengthsSize
        UnsafeMutableRawBufferPointer(start: start, count: name.count).copyMemory(from: name)
        UnsafeMutableRawBufferPointer(start: start + name.count, count: value.count).copyMemory(from: value)
        return next
    }

    private mutating func grow(to size: Int, keeping used: Int) {
        capacity = max(size, 2 * capacity)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
        larger.copyMemory(from: bytes, byteCount: used)
        bytes.deallocate()
        bytes = larger
    }
}
