/// A time of day on the wall, to the minute.
package struct LocalTime: Hashable, Comparable, Sendable {
    /// Minutes since midnight on the wall, 0..<1440.
    package let minutes: Int

    /// Where a grid day starts unless somebody says otherwise.
    package static let eight = LocalTime(trusted: 8 * 60)
    /// The start of the day.
    package static let midnight = LocalTime(trusted: 0)

    private init(trusted minutes: Int) {
        self.minutes = minutes
    }

    /// A time by its minutes since midnight; nil outside 0..<1440.
    package init?(minutes: Int) {
        guard (0..<1440).contains(minutes) else { return nil }
        self.minutes = minutes
    }

    /// Reads `08:30`, exactly so; nil otherwise (`24:00` too).
    package init?(_ text: some StringProtocol) {
        var reader = DigitReader(text.utf8)
        guard let hour = reader.digits(2), reader.skip(":"), let minute = reader.digits(2), reader.isAtEnd else {
            return nil
        }
        guard hour < 24, minute < 60 else { return nil }
        self.minutes = hour * 60 + minute
    }

    package static func < (one: Self, other: Self) -> Bool { one.minutes < other.minutes }
}

extension LocalTime: CustomStringConvertible {
    /// `08:30`.
    package var description: String {
        var text: [UInt8] = []
        appendDigits(minutes / 60, width: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        appendDigits(minutes % 60, width: 2, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}

/// What a clock on the wall shows together with its calendar, in no zone: it may name no instant, one or two.
package struct WallTime: Hashable, Comparable, Sendable {
    /// Seconds since 1970-01-01T00:00 as if the wall were in UTC.
    package let seconds: Int64

    /// The reading so many seconds after 1970-01-01T00:00 on the wall.
    package init(seconds: Int64) {
        self.seconds = seconds
    }

    /// A reading by date and time of day.
    package init(_ date: LocalDate, _ time: LocalTime) {
        seconds = date.midnight.seconds + Int64(time.minutes) * 60
    }

    /// The date on the wall; saturates beyond five million years.
    package var date: LocalDate {
        let day = seconds >= 0 ? seconds / 86_400 : (seconds + 1) / 86_400 - 1
        return LocalDate(days: Int32(clamping: day))
    }

    /// Seconds since midnight on the wall, 0..<86,400.
    package var secondOfDay: Int {
        let rest = Int(seconds % 86_400)
        return rest < 0 ? rest + 86_400 : rest
    }

    package static func < (one: Self, other: Self) -> Bool { one.seconds < other.seconds }
}
