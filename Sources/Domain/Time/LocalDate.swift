/// A day of the proleptic Gregorian calendar, in no zone.
package struct LocalDate: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01, negative before.
    package let days: Int32

    /// The day `days` after 1970-01-01.
    package init(days: Int32) {
        self.days = days
    }

    /// A day by its parts; nil unless it exists and its year is 0...9999.
    package init?(year: Int, month: Int, day: Int) {
        guard (0...9999).contains(year), (1...12).contains(month) else { return nil }
        guard day >= 1, day <= Self.length(ofMonth: month, year: year) else { return nil }
        days = Int32(Self.daysFromCivil(year: year, month: month, day: day))
    }

    /// Reads `2026-11-20`, exactly so; nil otherwise.
    package init?(_ text: some StringProtocol) {
        self.init(utf8: text.utf8)
    }

    /// Reads the same from UTF-8 bytes without making a string.
    package init?(utf8 bytes: some Sequence<UInt8>) {
        var reader = DigitReader(bytes)
        guard let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2), reader.skip("-"),
            let day = reader.digits(2), reader.isAtEnd
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Year, month 1...12 and day 1...31.
    package var parts: (year: Int, month: Int, day: Int) {
        let shifted = Int(days) + 719_468  // days since 0000-03-01, so that the leap day ends a year
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// The day of the week.
    package var weekday: Weekday {
        let index = (Int(days) + 3) % 7  // 1970-01-01 was a Thursday
        return Weekday(index: index < 0 ? index + 7 : index)
    }

    /// The day so many days later, or earlier if negative; saturates.
    package func adding(days count: Int) -> LocalDate {
        let (sum, overflow) = Int(days).addingReportingOverflow(count)
        return LocalDate(days: overflow ? (count < 0 ? .min : .max) : Int32(clamping: sum))
    }

    /// How many days `other` is after this one.
    package func days(until other: LocalDate) -> Int { Int(other.days) - Int(days) }

    /// Midnight at the start of this day, on the wall.
    package var midnight: WallTime { WallTime(seconds: Int64(days) * 86_400) }

    package static func < (one: Self, other: Self) -> Bool { one.days < other.days }

    /// Days since 1970-01-01 of a date whose month is 1...12.
    static func daysFromCivil(year: Int, month: Int, day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension LocalDate: CustomStringConvertible {
    /// ISO 8601, `2026-11-20`.
    package var description: String {
        var text: [UInt8] = []
        appendText(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the ISO 8601 form.
    package func appendText(to bytes: inout [UInt8]) {
        let (year, month, day) = parts
        appendDigits(year, width: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(month, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(day, width: 2, to: &bytes)
    }
}
