/// A country's two lower-case letters, as they stand in paths and in partition keys: `fr`.
package struct CountryCode: Hashable, Comparable, Sendable {
    private let first: UInt8
    private let second: UInt8

    /// Accepts exactly two letters `a`-`z`; upper case is refused, because paths are in lower case.
    package init?(_ text: some StringProtocol) {
        let letters = Array(text.utf8.prefix(3))
        guard letters.count == 2, letters.allSatisfy((UInt8(ascii: "a")...UInt8(ascii: "z")).contains) else {
            return nil
        }
        first = letters[0]
        second = letters[1]
    }

    /// Reads two lower-case letters where they lie; nil for anything else.
    package init?(utf8 letters: UnsafeRawBufferPointer) {
        guard letters.count == 2, letters.allSatisfy((UInt8(ascii: "a")...UInt8(ascii: "z")).contains) else {
            return nil
        }
        first = letters[0]
        second = letters[1]
    }

    /// What is done to the whole system happens in no country: `zz`, which ISO 3166 leaves to its users.
    package static let nowhere = Self(first: UInt8(ascii: "z"), second: UInt8(ascii: "z"))

    private init(first: UInt8, second: UInt8) {
        self.first = first
        self.second = second
    }

    /// The two letters.
    package var text: String { String(decoding: [first, second], as: UTF8.self) }

    package static func < (one: Self, other: Self) -> Bool {
        (one.first, one.second) < (other.first, other.second)
    }
}

extension CountryCode: CustomStringConvertible {
    package var description: String { text }
}
