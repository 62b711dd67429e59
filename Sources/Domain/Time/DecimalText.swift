/// Reads decimal fields from ASCII text, front to back.
///
/// Not generic, so that it is compiled once and stays fast when other modules call what is built on it.
struct DigitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    var isAtEnd: Bool { position == bytes.count }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Exactly `count` digits (at most 18) as a number; nil if there are fewer, and then the position is lost.
    mutating func digits(_ count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// The next digit, if the next character is one; otherwise nothing is taken.
    mutating func digit() -> Int? {
        guard let next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) else { return nil }
        position += 1
        return Int(next - UInt8(ascii: "0"))
    }

    /// One to `digitsMax` digits as a number, as many as there are; nil if there is none.
    mutating func number(digitsMax: Int) -> Int? {
        guard var value = digit() else { return nil }
        for _ in 1..<max(digitsMax, 1) {
            guard let digit = digit() else { break }
            value = value * 10 + digit
        }
        return value
    }

    /// Takes one character, whatever it is; nothing at the end.
    mutating func advance() {
        position = min(position + 1, bytes.count)
    }

    /// Takes one character if it is `wanted`.
    mutating func skip(_ wanted: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: wanted) else { return false }
        position += 1
        return true
    }
}

/// Appends `value` in decimal, with leading zeros up to `width` (at most 18); a minus sign comes before them.
func appendDigits(_ value: Int, width: Int, to bytes: inout [UInt8]) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    var unit: UInt = 1
    var digits = 1
    while digits < width || value.magnitude / unit >= 10 {
        unit *= 10
        digits += 1
    }
    while unit > 0 {
        bytes.append(UInt8(ascii: "0") + UInt8(value.magnitude / unit % 10))
        unit /= 10
    }
}
