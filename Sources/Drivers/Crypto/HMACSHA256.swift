import COpenSSL

/// Keyed hash for what leaves the house and comes back, such as page cursors.
package enum HMACSHA256 {
    /// Length of a code in bytes.
    package static let byteCount = 32

    /// The code of `message` under `key`, which may have any length; `EVP_Q_mac`.
    package static func code(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        // With an empty key OpenSSL refuses a null pointer; HMAC pads a key with zeros, so one zero is the same key.
        let key = key.isEmpty ? [0] : key
        return [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            let written = EVP_Q_mac(
                nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, output.baseAddress,
                byteCount, &count)
            precondition(written != nil && count == byteCount, "HMAC-SHA-256 is missing from OpenSSL")
        }
    }

    /// Says whether `code` belongs to `message`; takes the same time wherever they differ.
    package static func isValid(_ code: [UInt8], for message: [UInt8], key: [UInt8]) -> Bool {
        constantTimeEquals(code, self.code(message, key: key))
    }
}
