import COpenSSL

/// Base64 with padding (RFC 4648 section 4), as signed notes and PEM have it; decoding accepts only the one canonical
/// spelling.
package enum Base64 {
    /// The text of `bytes`, four characters for three bytes, in one line; `EVP_EncodeBlock`.
    package static func encode(_ bytes: [UInt8]) -> String {
        precondition(bytes.count < 1 << 30, "OpenSSL counts in int")
        let text = [UInt8](unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4 + 1) { output, count in
            count = Int(EVP_EncodeBlock(output.baseAddress, bytes, CInt(bytes.count)))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of `text`; nil unless it is exactly what `encode` makes of some bytes; `EVP_DecodeBlock`.
    package static func decode(_ text: String) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count < 1 << 30, characters.count % 4 == 0 else { return nil }
        if characters.isEmpty { return [] }
        let padding = characters.suffix(2).filter { $0 == UInt8(ascii: "=") }.count
        var isDecoded = true
        let bytes = [UInt8](unsafeUninitializedCapacity: characters.count / 4 * 3) { output, count in
            let decoded = EVP_DecodeBlock(output.baseAddress, characters, CInt(characters.count))
            isDecoded = decoded >= padding
            count = isDecoded ? Int(decoded) - padding : 0
        }
        return isDecoded && encode(bytes) == text ? bytes : nil
    }
}
