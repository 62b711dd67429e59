/// What is wrong with the bytes of a zone's file.
package enum TZifError: Error, Equatable, Sendable {
    /// Not a TZif file: it does not begin as one.
    case notTZif
    /// Ends before what its header promises.
    case truncated
    /// A count, an index or an offset outside what RFC 8536 allows, or changes that are not in order.
    case malformed
    /// The rule at its end cannot be read.
    case malformedFooter
    /// Counts leap seconds, as no civil clock of ours does.
    case leapSeconds
}

extension TimeZoneRules {
    /// Reads a TZif file (RFC 8536, RFC 9636), versions 1 to 4; of version 2 and later the 64-bit part and the footer.
    ///
    /// - Throws: `TZifError` for bytes that are not such a file; no bytes make it trap.
    package init(tzif bytes: [UInt8]) throws(TZifError) {
        var reader = TZifReader(bytes)
        let header = try reader.header()
        if header.version == 0 {
            self = try reader.rules(header, timeBytes: 4, footer: nil)
            return
        }
        try reader.skip(header.bodyLength(timeBytes: 4))
        let wide = try reader.header()
        guard wide.version == header.version else { throw .malformed }
        var body = reader
        try reader.skip(wide.bodyLength(timeBytes: 8))
        let footer = try reader.footer()
        self = try body.rules(wide, timeBytes: 8, footer: footer)
    }
}

private struct TZifHeader {
    /// 0 for version 1, otherwise the digit's value.
    let version: Int
    let universalCount: Int
    let standardCount: Int
    let leapCount: Int
    let changeCount: Int
    let typeCount: Int
    let nameBytes: Int

    func bodyLength(timeBytes: Int) -> Int {
        changeCount * (timeBytes + 1) + typeCount * 6 + nameBytes + leapCount * (timeBytes + 4) + standardCount
            + universalCount
    }
}

private struct TZifReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func skip(_ count: Int) throws(TZifError) {
        guard count <= bytes.count - position else { throw .truncated }
        position += count
    }

    mutating func header() throws(TZifError) -> TZifHeader {
        guard bytes.count - position >= 44 else { throw position == 0 ? .notTZif : .truncated }
        guard bytes[position..<(position + 4)].elementsEqual("TZif".utf8) else {
            throw position == 0 ? .notTZif : .malformed
        }
        let mark = bytes[position + 4]
        guard mark == 0 || (UInt8(ascii: "2")...UInt8(ascii: "4")).contains(mark) else { throw .malformed }
        position += 20
        var counts: [Int] = []
        for _ in 0..<6 { counts.append(Int(try signed(byteCount: 4))) }
        // Six counts below 2^31 of at most 12 bytes each: their sum cannot overflow.
        guard counts.allSatisfy({ $0 >= 0 }) else { throw .malformed }
        return TZifHeader(
            version: mark == 0 ? 0 : Int(mark - UInt8(ascii: "0")), universalCount: counts[0], standardCount: counts[1],
            leapCount: counts[2], changeCount: counts[3], typeCount: counts[4], nameBytes: counts[5])
    }

    mutating func rules(
        _ header: TZifHeader, timeBytes: Int, footer: PosixZoneRule?
    ) throws(TZifError) -> TimeZoneRules {
        guard header.leapCount == 0 else { throw .leapSeconds }
        guard (1...256).contains(header.typeCount) else { throw .malformed }
        guard header.bodyLength(timeBytes: timeBytes) <= bytes.count - position else { throw .truncated }
        var times: [Int64] = []
        times.reserveCapacity(header.changeCount)
        for _ in 0..<header.changeCount { times.append(try signed(byteCount: timeBytes)) }
        guard zip(times, times.dropFirst()).allSatisfy(<) else { throw .malformed }
        guard times.allSatisfy(Self.timeRange.contains) else { throw .malformed }
        let types = bytes[position..<(position + header.changeCount)].map(Int.init)
        position += header.changeCount
        var offsets: [Int32] = []
        for _ in 0..<header.typeCount {
            let offset = try signed(byteCount: 4)
            guard Self.offsetRange.contains(offset) else { throw .malformed }
            offsets.append(Int32(offset))
            try skip(2)  // summer time or not, and the abbreviation: neither matters here
        }
        guard types.allSatisfy(offsets.indices.contains) else { throw .malformed }
        return TimeZoneRules(
            initialOffset: offsets[0],
            listed: zip(times, types).map { .init(at: $0, offset: offsets[$1]) }, footer: footer)
    }

    /// The rule between two line feeds; nil if there is none.
    mutating func footer() throws(TZifError) -> PosixZoneRule? {
        guard position < bytes.count else { throw .truncated }
        guard bytes[position] == UInt8(ascii: "\n") else { throw .malformedFooter }
        guard let end = bytes[(position + 1)...].firstIndex(of: UInt8(ascii: "\n")) else { throw .truncated }
        let text = bytes[(position + 1)..<end]
        return text.isEmpty ? nil : try PosixZoneRule(text)
    }

    private mutating func signed(byteCount: Int) throws(TZifError) -> Int64 {
        guard byteCount <= bytes.count - position else { throw .truncated }
        var value: UInt64 = 0
        for byte in bytes[position..<(position + byteCount)] { value = value << 8 | UInt64(byte) }
        position += byteCount
        return byteCount == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }

    /// Seconds east of UTC that RFC 8536 section 3.2 allows.
    private static let offsetRange: Range<Int64> = -89_999..<93_600
    /// From the beginning that RFC 8536 recommends (2^59 seconds ago) to as far the other way: sums cannot overflow.
    private static let timeRange: ClosedRange<Int64> = -(1 << 59)...(1 << 59)
}
