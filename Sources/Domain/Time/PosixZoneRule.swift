/// The rule at the end of a TZif file, in the notation of POSIX's `TZ`: what holds after the last listed change.
struct PosixZoneRule: Equatable, Sendable {
    /// A day of the year on which clocks change.
    enum Day: Equatable, Sendable {
        /// `Jn`: day 1...365, 29 February never counted.
        case julian(Int)
        /// `n`: day 0...365, 29 February counted.
        case ordinal(Int)
        /// `Mm.w.d`: weekday 0 (Sunday)...6 in week 1...5 (5: the last one) of a month.
        case nth(month: Int, week: Int, weekday: Int)
    }

    /// When clocks change: a day and seconds after its midnight on the wall, within 167 hours either way.
    struct Moment: Equatable, Sendable {
        let day: Day
        let seconds: Int
    }

    /// Summer time: its offset and when it starts and ends each year.
    struct Summer: Equatable, Sendable {
        /// Seconds east of UTC.
        let offset: Int32
        let start: Moment
        let end: Moment
    }

    /// Seconds east of UTC in standard time.
    let standardOffset: Int32
    /// Nil where clocks are not changed.
    let summer: Summer?

    /// The changes of the years `fromYear`...`throughYear`, ascending.
    ///
    /// Of two at the same instant (summer all the year:
    /// it ends as it begins) the beginning counts.
    func changes(fromYear: Int, throughYear: Int) -> [TimeZoneRules.Change] {
        guard let summer else { return [] }
        var found: [TimeZoneRules.Change] = []
        for year in stride(from: fromYear, through: throughYear, by: 1) {
            let start = Self.wallSeconds(summer.start, year) - Int64(standardOffset)
            let end = Self.wallSeconds(summer.end, year) - Int64(summer.offset)
            found.append(.init(at: start, offset: summer.offset))
            found.append(.init(at: end, offset: standardOffset))
        }
        let sorted = found.sorted {
            ($0.at, $0.offset == summer.offset ? 1 : 0) < ($1.at, $1.offset == summer.offset ? 1 : 0)
        }
        return sorted.enumerated().filter { index, change in
            index + 1 == sorted.count || sorted[index + 1].at != change.at
        }.map(\.element)
    }

    /// The changes of every year that a range of instants (seconds since 1970) touches, and of its neighbours.
    func changes(touching range: Range<Int64>) -> [TimeZoneRules.Change] {
        guard summer != nil else { return [] }
        return changes(fromYear: Self.year(of: range.lowerBound) - 1, throughYear: Self.year(of: range.upperBound) + 1)
    }

    /// The change that is in force at an instant (seconds since 1970); nil where clocks are not changed.
    func lastChange(atOrBefore seconds: Int64) -> TimeZoneRules.Change? {
        guard summer != nil else { return nil }
        let year = Self.year(of: seconds)
        return changes(fromYear: year - 2, throughYear: year + 1).last { $0.at <= seconds }
    }

    private static func year(of seconds: Int64) -> Int { WallTime(seconds: seconds).date.parts.year }

    /// When a moment comes in a year, in seconds since 1970 on the wall.
    private static func wallSeconds(_ moment: Moment, _ year: Int) -> Int64 {
        Int64(dayNumber(moment.day, year)) * 86_400 + Int64(moment.seconds)
    }

    /// Days since 1970-01-01.
    private static func dayNumber(_ day: Day, _ year: Int) -> Int {
        let newYear = LocalDate.daysFromCivil(year: year, month: 1, day: 1)
        switch day {
        case .julian(let count): return newYear + count - (LocalDate.isLeap(year) && count >= 60 ? 0 : 1)
        case .ordinal(let count): return newYear + count
        case .nth(let month, let week, let weekday):
            let first = LocalDate.daysFromCivil(year: year, month: month, day: 1)
            let firstWeekday = (((first + 4) % 7) + 7) % 7  // 1970-01-01 was a Thursday, which is 4 here
            var dayOfMonth = (weekday - firstWeekday + 7) % 7 + 7 * (week - 1)
            while dayOfMonth >= LocalDate.length(ofMonth: month, year: year) { dayOfMonth -= 7 }
            return first + dayOfMonth
        }
    }
}

extension PosixZoneRule {
    /// Reads `CET-1CEST,M3.5.0,M10.5.0/3`, with hours up to 167 in the moments as TZif version 3 allows.
    ///
    /// - Throws: `malformedFooter`, also for a summer time without its moments, which tzdata never writes.
    init(_ text: some Sequence<UInt8>) throws(TZifError) {
        var reader = DigitReader(text)
        guard reader.zoneName(), let west = reader.signedTime(hoursMax: 24) else { throw .malformedFooter }
        standardOffset = Int32(-west)
        if reader.isAtEnd {
            summer = nil
            return
        }
        guard reader.zoneName() else { throw .malformedFooter }
        var offset = Int(standardOffset) + 3_600
        if reader.next != UInt8(ascii: ",") {
            guard let west = reader.signedTime(hoursMax: 24) else { throw .malformedFooter }
            offset = -west
        }
        guard reader.skip(","), let start = reader.moment(), reader.skip(","), let end = reader.moment(),
            reader.isAtEnd
        else { throw .malformedFooter }
        summer = Summer(offset: Int32(offset), start: start, end: end)
    }
}

extension DigitReader {
    /// Takes an abbreviation: at least three letters, or anything alphanumeric in angle brackets.
    fileprivate mutating func zoneName() -> Bool {
        if skip("<") {
            var length = 0
            while let character = next, character != UInt8(ascii: ">") {
                advance()
                length += 1
                if length > 32 { return false }
            }
            return length >= 3 && skip(">")
        }
        var length = 0
        while let character = next, Self.isLetter(character), length <= 32 {
            advance()
            length += 1
        }
        return (3...32).contains(length)
    }

    /// `[+-]h[hh][:mm[:ss]]` as seconds.
    fileprivate mutating func signedTime(hoursMax: Int) -> Int? {
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        guard let hours = number(digitsMax: 3), hours <= hoursMax else { return nil }
        var seconds = hours * 3_600
        if skip(":") {
            guard let minutes = digits(2), minutes < 60 else { return nil }
            seconds += minutes * 60
            if skip(":") {
                guard let rest = digits(2), rest < 60 else { return nil }
                seconds += rest
            }
        }
        return isNegative ? -seconds : seconds
    }

    /// A day with an optional time of day, 02:00 if there is none.
    fileprivate mutating func moment() -> PosixZoneRule.Moment? {
        guard let day = day() else { return nil }
        guard skip("/") else { return PosixZoneRule.Moment(day: day, seconds: 2 * 3_600) }
        return signedTime(hoursMax: 167).map { PosixZoneRule.Moment(day: day, seconds: $0) }
    }

    private mutating func day() -> PosixZoneRule.Day? {
        if skip("J") {
            guard let count = number(digitsMax: 3), (1...365).contains(count) else { return nil }
            return .julian(count)
        }
        if skip("M") {
            guard let month = number(digitsMax: 2), (1...12).contains(month), skip("."),
                let week = number(digitsMax: 1), (1...5).contains(week), skip("."),
                let weekday = number(digitsMax: 1), (0...6).contains(weekday)
            else { return nil }
            return .nth(month: month, week: week, weekday: weekday)
        }
        guard let count = number(digitsMax: 3), (0...365).contains(count) else { return nil }
        return .ordinal(count)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
