import COpenSSL

/// One-shot SHA-256; for many small hashes on one thread use `SHA256Hasher`, which is twice as fast.
package enum SHA256 {
    /// Length of a hash in bytes.
    package static let byteCount = 32

    /// Fetched once, as OpenSSL 3 looks an algorithm up by name on every implicit use; it is never freed or changed.
    nonisolated(unsafe) static let algorithm: OpaquePointer? = EVP_MD_fetch(nil, "SHA256", nil)

    /// Hashes `bytes`; `EVP_Digest`.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { hash($0) } }

    /// Hashes lent bytes without copying them; `EVP_Digest`.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            let status = EVP_Digest(bytes.baseAddress, bytes.count, output.baseAddress, nil, algorithm, nil)
            precondition(status == 1, "SHA-256 is missing from OpenSSL")
            count = byteCount
        }
    }
}

/// SHA-256 over pieces with one reused OpenSSL context; `finish` makes it ready for the next hash.
package struct SHA256Hasher: ~Copyable {
    private let context: OpaquePointer

    /// An empty hash; `EVP_MD_CTX_new`.
    package init() {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("no memory for a hash context") }
        precondition(EVP_DigestInit_ex(context, SHA256.algorithm, nil) == 1, "SHA-256 is missing from OpenSSL")
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds `bytes`; `EVP_DigestUpdate`.
    package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// Adds lent bytes; `EVP_DigestUpdate`.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "EVP_DigestUpdate failed")
    }

    /// Writes the hash of everything added into the first 32 bytes of `output` and starts over.
    package mutating func finish(into output: UnsafeMutableRawBufferPointer) {
        precondition(output.count >= SHA256.byteCount, "a hash needs 32 bytes")
        let target = output.assumingMemoryBound(to: UInt8.self).baseAddress
        precondition(EVP_DigestFinal_ex(context, target, nil) == 1, "EVP_DigestFinal_ex failed")
        precondition(EVP_DigestInit_ex(context, nil, nil) == 1, "EVP_DigestInit_ex failed")
    }

    /// The hash of everything added, and starts over.
    package mutating func finish() -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: SHA256.byteCount)
        hash.withUnsafeMutableBytes { finish(into: $0) }
        return hash
    }
}
