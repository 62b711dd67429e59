/// The `Idempotency-Key` header: bare, or quoted as a string of RFC 8941; both spellings name the same key.
enum IdempotencyKeyHeader {
    /// Longest key, in characters.
    static let lengthMax = 255

    /// The key that these lines of the header name.
    ///
    /// - Throws: 400 when it is missing, when it came twice, or when it is not 1-255 printable ASCII characters.
    static func read(_ lines: [String]) throws(Problem) -> String {
        guard let line = lines.first else {
            throw Problem(
                .idempotencyKeyRequired, "Send a new Idempotency-Key with every new POST, the same with a retry.")
        }
        guard lines.count == 1 else { throw invalid }
        var bytes = line.utf8[...]
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        let isQuoted = bytes.first == UInt8(ascii: "\"")
        let key = isQuoted ? try unquoted(bytes) : Array(bytes)
        if key.isEmpty, !isQuoted {
            throw Problem(.idempotencyKeyRequired, "The Idempotency-Key is empty.")
        }
        let lowest: UInt8 = isQuoted ? 0x20 : 0x21
        guard (1...lengthMax).contains(key.count), key.allSatisfy({ (lowest...0x7E).contains($0) }) else {
            throw invalid
        }
        return String(decoding: key, as: UTF8.self)
    }

    private static let invalid = Problem(
        .idempotencyKeyInvalid,
        "An Idempotency-Key is 1-255 printable ASCII characters, bare or in double quotes, once.")

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// The content of an RFC 8941 string: only `\"` and `\\` are escapes.
    private static func unquoted(_ bytes: Substring.UTF8View) throws(Problem) -> [UInt8] {
        var content: [UInt8] = []
        var rest = bytes.dropFirst().makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "\\"):
                guard let escaped = rest.next(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    throw invalid
                }
                content.append(escaped)
            case UInt8(ascii: "\""):
                guard rest.next() == nil else { throw invalid }
                return content
            default: content.append(byte)
            }
        }
        throw invalid
    }
}
