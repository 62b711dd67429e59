import Domain
import Testing

/// What is listed books and what is not listed is refused, over random calendars and days, clock changes among them.
@Suite("Availability: properties")
struct AvailabilityPropertyTests {
    static let zoneNames = [
        "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca",
        "America/St_Johns",
    ]
    /// On and around both change days of some zone, and an ordinary day.
    static let mornings = [
        "2026-03-07", "2026-03-28", "2026-04-04", "2026-06-10", "2026-10-03", "2026-10-24", "2026-10-31", "2027-02-06",
    ]

    @Test(
        "one availability function: every listed start passes the check, every other minute is refused",
        arguments: zoneNames)
    func listedIsBookable(_ zone: String) throws {
        var generator = SeededGenerator(seed: 7)
        var listed = 0
        for morning in Self.mornings {
            for _ in 0..<4 { listed += try compare(zone, try date(morning), &generator) }
        }
        #expect(listed > 300, "too little was on offer to prove anything")
    }

    /// Asks about every fifth minute of eight days; how many starts were listed.
    private func compare(_ zone: String, _ first: LocalDate, _ generator: inout SeededGenerator) throws -> Int {
        let calendar = try randomCalendar(zone, around: first, &generator)
        let grid = calendar.grid
        // Now and the notice are multiples of five minutes, so that a start often lies exactly at the edge.
        let now = Instant(seconds: first.midnight.seconds + 300 * Int64.random(in: -300...300, using: &generator))
        let rules = try country(
            horizon: Int.random(in: 0...3, using: &generator), notice: 5 * Int.random(in: 0...120, using: &generator))
        let window = BookingWindow(now: now, country: rules, grid: grid)
        let length = Int.random(in: 1...4, using: &generator)
        var listed: Set<Instant> = []
        for offset in -3...6 {
            let day = first.adding(days: offset)
            let starts = Availability.freeStarts(calendar, on: day, booked: .empty, window: window, length: length)
            for slot in starts.indices { listed.insert(try #require(grid.start(of: slot, on: day))) }
        }
        let from = first.midnight.seconds - 3 * 86_400
        for seconds in stride(from: from, to: from + 8 * 86_400, by: 300) {
            let instant = Instant(seconds: seconds)
            let offset = Bool.random(using: &generator) ? nil : grid.rules.utcOffset(at: instant)
            let time = try ParsedTime(instant.text(offsetSeconds: offset))
            let outcome = Availability.check(time, length: length, calendar: calendar, window: window)
            switch outcome {
            case .success(let placement):
                #expect(listed.contains(instant), "\(zone) \(instant) passes, but is not listed")
                #expect(placement.start == instant && placement.slots.count == length)
            case .failure(let reason):
                #expect(!listed.contains(instant), "\(zone) \(instant) is listed, but refused: \(reason)")
                #expect(reason != .nonexistentLocalTime, "an instant that the wall shows was taken for skipped")
            }
        }
        return listed.count
    }

    @Test("what a day offers does not depend on the day from which it was asked", arguments: zoneNames)
    func queryStart(_ zone: String) throws {
        var generator = SeededGenerator(seed: 8)
        for morning in Self.mornings {
            let first = try date(morning)
            let calendar = try randomCalendar(zone, around: first, &generator)
            let rules = try country(horizon: 14)
            let early = BookingWindow(
                now: Instant(seconds: first.midnight.seconds - 10 * 86_400), country: rules, grid: calendar.grid)
            let later = BookingWindow(
                now: Instant(seconds: first.midnight.seconds - 4 * 86_400), country: rules, grid: calendar.grid)
            for offset in 0...3 {
                let day = first.adding(days: offset)
                #expect(
                    Availability.freeStarts(calendar, on: day, booked: .empty, window: early)
                        == Availability.freeStarts(calendar, on: day, booked: .empty, window: later))
            }
            let listed = try #require(Availability.nextAvailable(calendar, window: later, from: first) { _ in .empty })
            #expect(listed.date >= first)
        }
    }

    private func randomCalendar(
        _ zone: String, around first: LocalDate, _ generator: inout SeededGenerator
    ) throws -> PractitionerCalendar {
        let minutes = try #require([5, 15, 20, 30, 45, 50, 60].randomElement(using: &generator))
        let dayStart = try #require(LocalTime(minutes: Int.random(in: 0..<96, using: &generator) * 15))
        let days = try Weekday.allCases.map { day in
            DaySessions(day: day, sessions: try (0..<3).map { _ in try randomSession(&generator) })
        }
        let exceptions = try (0..<3).map { index in
            let from = first.adding(days: Int.random(in: -2...2, using: &generator))
            return ScheduleException(
                id: ExceptionID(high: 0, low: UInt64(index)), from: from,
                to: from.adding(days: Int.random(in: 1...2, using: &generator)),
                kind: Bool.random(using: &generator) ? .closed : .extra, sessions: [try randomSession(&generator)])
        }
        return PractitionerCalendar(
            practitionerID: PractitionerID(high: 1, low: 1), country: try #require(CountryCode("fr")),
            grid: try zones.grid(zone: zone, dayStart: dayStart, slotMinutes: minutes),
            schedules: [
                WeeklySchedule(validFrom: first.adding(days: -100), days: days),
                WeeklySchedule(validFrom: first.adding(days: 1), days: days.reversed()),
            ], exceptions: exceptions, version: 1)
    }

    private func randomSession(_ generator: inout SeededGenerator) throws -> Session {
        Session(
            start: try #require(LocalTime(minutes: Int.random(in: 0..<1_440, using: &generator))),
            end: try #require(LocalTime(minutes: Int.random(in: 0..<1_440, using: &generator))))
    }
}
