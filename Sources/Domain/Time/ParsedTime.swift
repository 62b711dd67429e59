/// A time as a caller wrote it: the instant that it means, and how it was written.
///
/// Both are needed: any offset names an instant, but a reading of the practice's own wall that its clock skips is
/// refused.
package struct ParsedTime: Hashable, Sendable {
    /// The moment meant.
    package let instant: Instant
    /// Seconds east of UTC as written, within a day either way.
    package let offsetSeconds: Int
    /// Written with `Z` (or `-00:00`, which RFC 3339 reads as "UTC, the local offset is unknown"): no wall was meant.
    package let isZulu: Bool
    /// The date and time of day as written, its fraction of a second left off.
    package let wall: WallTime

    /// Reads a date-time of RFC 3339, such as `2026-11-20T09:30:00+01:00`.
    ///
    /// Years are 0000...9999, a second's fraction has up to nine digits (those beyond the microsecond are dropped), and
    /// a leap second `:60` is refused.
    ///
    /// - Throws: `missingOffset` for a well-formed time without an offset, `malformed` for everything else.
    package init(_ text: some StringProtocol) throws(TimeFormatError) {
        try self.init(utf8: text.utf8)
    }

    /// Reads the same from UTF-8 bytes without making a string.
    package init(utf8 bytes: some Sequence<UInt8>) throws(TimeFormatError) {
        var reader = DigitReader(bytes)
        guard let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2), reader.skip("-"),
            let day = reader.digits(2), let date = LocalDate(year: year, month: month, day: day),
            reader.skip("T") || reader.skip("t"), let hour = reader.digits(2), hour < 24, reader.skip(":"),
            let minute = reader.digits(2), minute < 60, reader.skip(":"), let second = reader.digits(2), second < 60
        else { throw .malformed }
        let microseconds = try Self.fraction(&reader)
        if reader.isAtEnd { throw .missingOffset }
        (offsetSeconds, isZulu) = try Self.offset(&reader)
        guard reader.isAtEnd else { throw .malformed }
        wall = WallTime(seconds: date.midnight.seconds + Int64(hour * 3_600 + minute * 60 + second))
        instant = Instant(microseconds: (wall.seconds - Int64(offsetSeconds)) * 1_000_000 + microseconds)
    }

    /// A time that was not written by anybody, such as a listed slot: the instant in UTC.
    package init(_ instant: Instant) {
        self.instant = instant
        offsetSeconds = 0
        isZulu = true
        wall = WallTime(seconds: instant.seconds)
    }

    private static func fraction(_ reader: inout DigitReader) throws(TimeFormatError) -> Int64 {
        guard reader.skip(".") else { return 0 }
        var microseconds: Int64 = 0
        var count = 0
        while let digit = reader.digit() {
            count += 1
            if count <= 6 { microseconds = microseconds * 10 + Int64(digit) }
        }
        guard (1...9).contains(count) else { throw .malformed }
        for _ in min(count, 6)..<6 { microseconds *= 10 }
        return microseconds
    }

    private static func offset(
        _ reader: inout DigitReader
    ) throws(TimeFormatError) -> (seconds: Int, isZulu: Bool) {
        if reader.skip("Z") || reader.skip("z") { return (0, true) }
        let isWest = reader.skip("-")
        guard isWest || reader.skip("+"), let hours = reader.digits(2), hours < 24, reader.skip(":"),
            let minutes = reader.digits(2), minutes < 60
        else { throw .malformed }
        let seconds = hours * 3_600 + minutes * 60
        return (isWest ? -seconds : seconds, isWest && seconds == 0)
    }
}

/// Why a text is not a time that can be used.
package enum TimeFormatError: Error, Equatable {
    /// Not a date-time of RFC 3339, or one that no calendar has.
    case malformed
    /// A date and a time of day, but no offset: it names no instant.
    case missingOffset
}

extension Instant {
    /// RFC 3339 with the given offset: `2026-11-20T09:30:00+01:00`; `Z` if no offset is given.
    ///
    /// - Parameter offsetSeconds: Seconds east of UTC, whole minutes (an odd offset of before 1972 is written in UTC,
    ///   because RFC 3339 has no seconds there).
    /// - Returns: ASCII text, with a fraction of six digits only if there is one.
    package func text(offsetSeconds: Int? = nil) -> String {
        var text: [UInt8] = []
        appendText(offsetSeconds: offsetSeconds, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends what `text(offsetSeconds:)` returns.
    package func appendText(offsetSeconds: Int? = nil, to bytes: inout [UInt8]) {
        let offset = offsetSeconds.flatMap { $0 % 60 == 0 ? $0 : nil }
        let wall = WallTime(seconds: seconds + Int64(offset ?? 0))
        wall.date.appendText(to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        appendDigits(wall.secondOfDay / 3_600, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(wall.secondOfDay / 60 % 60, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(wall.secondOfDay % 60, width: 2, to: &bytes)
        if fraction != 0 {
            bytes.append(UInt8(ascii: "."))
            appendDigits(Int(fraction), width: 6, to: &bytes)
        }
        guard let offset else { return bytes.append(UInt8(ascii: "Z")) }
        bytes.append(offset < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        appendDigits(abs(offset) / 3_600, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(abs(offset) / 60 % 60, width: 2, to: &bytes)
    }
}

extension Instant: CustomStringConvertible {
    /// RFC 3339 in UTC.
    package var description: String { text() }
}
