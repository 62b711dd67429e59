import Crypto

/// One hash of a Merkle tree: 32 bytes, without an allocation of their own.
package struct TreeHash: Hashable, Sendable, BitwiseCopyable {
    /// Length in bytes.
    package static let byteCount = 32

    // The bytes as they lie in memory; nothing computes with these numbers.
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    /// Takes the first 32 bytes of `bytes`, which must have as many.
    package init(reading bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count >= Self.byteCount, "a hash has 32 bytes")
        first = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        second = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        third = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        fourth = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    }

    /// Takes exactly 32 bytes; nil for any other length.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self = bytes.withUnsafeBytes { TreeHash(reading: $0) }
    }

    /// The 32 bytes.
    package var bytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }
}

/// The hashes of RFC 6962 section 2.1 and RFC 9162 section 2.1.1, with one reused context.
///
/// A leaf is SHA-256(0x00 || content), a node SHA-256(0x01 || left || right): so that no content can pass for a node.
package struct TreeHasher: ~Copyable {
    private var hasher = SHA256Hasher()
    private let node: UnsafeMutableRawBufferPointer

    /// A hasher for one thread.
    package init() {
        node = .allocate(byteCount: 1 + 2 * TreeHash.byteCount, alignment: 8)
        node[0] = 1
    }

    deinit { node.deallocate() }

    /// The root of the tree without a leaf: the hash of nothing.
    package static var emptyRoot: TreeHash { SHA256.hash([]).withUnsafeBytes { TreeHash(reading: $0) } }

    /// The hash of a leaf.
    package mutating func leaf(_ content: UnsafeRawBufferPointer) -> TreeHash {
        withUnsafeBytes(of: UInt8(0)) { hasher.update($0) }
        hasher.update(content)
        return finish()
    }

    /// The hash of a leaf.
    package mutating func leaf(_ content: [UInt8]) -> TreeHash { content.withUnsafeBytes { leaf($0) } }

    /// The hash of the node over two others.
    package mutating func node(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        node.storeBytes(of: left, toByteOffset: 1, as: TreeHash.self)
        node.storeBytes(of: right, toByteOffset: 1 + TreeHash.byteCount, as: TreeHash.self)
        hasher.update(UnsafeRawBufferPointer(node))
        return finish()
    }

    private mutating func finish() -> TreeHash {
        withUnsafeTemporaryAllocation(byteCount: TreeHash.byteCount, alignment: 8) { output in
            hasher.finish(into: output)
            return TreeHash(reading: UnsafeRawBufferPointer(output))
        }
    }
}
