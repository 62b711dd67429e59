/// A 128-bit identifier that says in its type what it identifies, so a patient's id cannot stand where a booking's
/// must.
///
/// Written as a UUID in its canonical form (8-4-4-4-12 hexadecimal digits); ordered by its bits, as PostgreSQL orders
/// `uuid`.
package struct Identifier<Tag>: Hashable, Comparable, Sendable {
    /// The first 64 bits; for UUIDv7 these begin with the milliseconds since 1970.
    package let high: UInt64
    /// The last 64 bits.
    package let low: UInt64

    /// Takes the 128 bits as they are; no version is required.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Draws a new identifier.
    package init(from source: some IdentifierSource) {
        (high, low) = source.next()
    }

    /// Reads the canonical form in either case; anything else, braces or a missing hyphen included, is nil.
    package init?(_ text: some StringProtocol) {
        self.init(utf8: text.utf8)
    }

    /// Reads the canonical form from UTF-8 bytes without making a string.
    package init?(utf8 bytes: some Sequence<UInt8>) {
        guard let words = Array(bytes).withUnsafeBytes(uuidWords) else { return nil }
        self.init(high: words.high, low: words.low)
    }

    /// Reads the canonical form from borrowed UTF-8 bytes without a copy: for hot paths.
    package init?(utf8 bytes: UnsafeRawBufferPointer) {
        guard let words = uuidWords(bytes) else { return nil }
        self.init(high: words.high, low: words.low)
    }

    /// The 16 bytes, most significant first.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for word in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        return bytes
    }

    /// Appends the canonical lower-case form, 36 bytes.
    package func appendText(to bytes: inout [UInt8]) {
        appendUUID(high, low, to: &bytes)
    }

    /// The canonical lower-case form as UTF-8: the key of this identifier's records in Kafka.
    package var utf8: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(uuidTextLength)
        appendText(to: &text)
        return text
    }

    package static func < (one: Self, other: Self) -> Bool {
        (one.high, one.low) < (other.high, other.low)
    }
}

extension Identifier: CustomStringConvertible {
    /// The canonical lower-case form.
    package var description: String { String(decoding: utf8, as: UTF8.self) }
}

private let uuidTextLength = 36

/// The two halves of a UUID in its canonical form, either case.
///
/// Not generic over the tag, so that it is compiled once.
private func uuidWords(_ bytes: UnsafeRawBufferPointer) -> (high: UInt64, low: UInt64)? {
    guard bytes.count == uuidTextLength else { return nil }
    var words: (high: UInt64, low: UInt64) = (0, 0)
    for position in 0..<uuidTextLength {
        if isHyphenPosition(position) {
            guard bytes[position] == UInt8(ascii: "-") else { return nil }
        } else {
            guard let digit = hexadecimalValue(bytes[position]) else { return nil }
            words.high = words.high << 4 | words.low >> 60
            words.low = words.low << 4 | digit
        }
    }
    return words
}

private func appendUUID(_ high: UInt64, _ low: UInt64, to bytes: inout [UInt8]) {
    var nibble = 0
    for position in 0..<uuidTextLength {
        if isHyphenPosition(position) {
            bytes.append(UInt8(ascii: "-"))
            continue
        }
        let word = nibble < 16 ? high : low
        let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (nibble % 16))) & 0xF
        bytes.append(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10)
        nibble += 1
    }
}

private func isHyphenPosition(_ position: Int) -> Bool {
    position == 8 || position == 13 || position == 18 || position == 23
}

private func hexadecimalValue(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
}
