/// Tells whether every stream has all of its versions, in the space of one number.
///
/// A row adds a hash of its stream and version and takes away the one of the version before it. If every stream has the
/// versions 1, 2, 3 … once each, all that is left is the hash of its last version: what the head rows of the streams
/// add up to. It finds mistakes; whoever forges hashes on purpose has the Merkle tree against him.
struct StreamSum: Hashable, Sendable {
    private var sum: UInt64 = 0

    /// A row of `events`.
    mutating func add(country: UnsafeRawBufferPointer, stream: UnsafeRawBufferPointer, version: Int64) {
        let base = Self.hash(country, stream)
        sum &+= Self.mix(base, version)
        if version > 1 { sum &-= Self.mix(base, version - 1) }
    }

    /// A row of `stream_heads`.
    mutating func addHead(country: UnsafeRawBufferPointer, stream: UnsafeRawBufferPointer, version: Int64) {
        sum &+= Self.mix(Self.hash(country, stream), version)
    }

    /// What another scanner saw.
    mutating func add(_ other: StreamSum) { sum &+= other.sum }

    private static let odd: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func hash(_ country: UnsafeRawBufferPointer, _ stream: UnsafeRawBufferPointer) -> UInt64 {
        hash(stream, from: hash(country, from: odd))
    }

    /// Eight bytes at a time.
    private static func hash(_ bytes: UnsafeRawBufferPointer, from seed: UInt64) -> UInt64 {
        var value = seed ^ UInt64(bytes.count)
        var at = 0
        while at + 8 <= bytes.count {
            value = step(value, bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at += 8
        }
        var rest: UInt64 = 0
        while at < bytes.count {
            rest = rest << 8 | UInt64(bytes[at])
            at += 1
        }
        return step(value, rest)
    }

    private static func mix(_ base: UInt64, _ version: Int64) -> UInt64 { step(base, UInt64(bitPattern: version)) }

    private static func step(_ value: UInt64, _ word: UInt64) -> UInt64 {
        let product = (value ^ word &* odd).multipliedFullWidth(by: odd)
        return product.high ^ product.low
    }
}
