import COpenSSL

/// Bytes that nobody can predict.
package enum SecureRandom {
    /// `count` random bytes; `RAND_bytes`.
    ///
    /// - Throws: `failed` when the system has no randomness to give; never falls back to something weaker.
    package static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        guard let length = CInt(exactly: count), count >= 0 else { throw .failed(operation: "RAND_bytes") }
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&bytes, length) == 1 else { throw .failed(operation: "RAND_bytes") }
        return bytes
    }
}

/// Compares without telling by its duration where the first difference is; lengths are not secret.
///
/// Calls `CRYPTO_memcmp`.
package func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
