import CSimdJSON

/// simdjson's result as it lies in memory: one word a value, two for a number, two for a pair of brackets.
///
/// Borrowed from the parser, and so only valid until that parses again.
struct JSONTape {
    private let words: UnsafePointer<UInt64>
    private let strings: UnsafePointer<UInt8>

    /// Index of the outermost value; `words[0]` is the root marker.
    static let rootIndex = 1

    /// What one word stands for; the raw values are simdjson's.
    enum Kind: UInt8 {
        case object = 0x7B
        case array = 0x5B
        case string = 0x22
        case int = 0x6C
        case unsigned = 0x75
        case double = 0x64
        case yes = 0x74
        case no = 0x66
        case null = 0x6E
    }

    init(_ parser: OpaquePointer, _ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        let parsed = csimdjson_parse(parser, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count)
        guard let words = parsed.words, let strings = parsed.strings else {
            throw FaultLocator.error(in: bytes, parsed.fault)
        }
        self.words = words
        self.strings = strings
    }

    func kind(_ index: Int) -> Kind {
        guard let kind = Kind(rawValue: UInt8(words[index] >> 56)) else {
            preconditionFailure("not the first word of a value: an index of our own is wrong")
        }
        return kind
    }

    /// The text of the string at `index`, unescaped and known to be UTF-8.
    func utf8(_ index: Int) -> UnsafeRawBufferPointer {
        let start = UnsafeRawPointer(strings) + Int(words[index] & 0x00FF_FFFF_FFFF_FFFF)
        let count = Int(start.loadUnaligned(as: UInt32.self))
        return UnsafeRawBufferPointer(start: start + MemoryLayout<UInt32>.size, count: count)
    }

    func string(_ index: Int) -> String { String(decoding: utf8(index), as: UTF8.self) }

    func int(_ index: Int) -> Int64 { Int64(bitPattern: words[index + 1]) }

    func double(_ index: Int) -> Double { Double(bitPattern: words[index + 1]) }

    /// Number of members or elements; simdjson stops counting at 2^24 - 1.
    func count(_ index: Int) -> Int { Int((words[index] >> 32) & 0xFF_FFFF) }

    /// Where the brackets that open at `index` close; the contents start at `index + 1`.
    func closing(_ index: Int) -> Int { Int(UInt32(truncatingIfNeeded: words[index])) - 1 }

    /// The index after the value at `index`.
    func after(_ index: Int) -> Int {
        switch UInt8(words[index] >> 56) {
        case Kind.object.rawValue, Kind.array.rawValue: closing(index) + 1
        case Kind.int.rawValue, Kind.unsigned.rawValue, Kind.double.rawValue: index + 2
        default: index + 1
        }
    }
}
