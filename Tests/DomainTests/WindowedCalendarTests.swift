import Domain
import Testing

/// The compact calendar of folds says what the whole one says, on every day of its window.
@Suite("Windowed calendar")
struct WindowedCalendarTests {
    @Test("both calendars open the same slots after any history", arguments: 0..<200)
    func agrees(_ seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let first = try date("2026-03-20").adding(days: Int.random(in: 0...20, using: &generator))
        let window = first...first.adding(days: 16)
        let grid = try zones.grid(
            zone: try #require(
                ["Europe/Paris", "America/New_York", "Australia/Lord_Howe"].randomElement(using: &generator)),
            dayStart: try #require(LocalTime(minutes: Int.random(in: 0..<96, using: &generator) * 15)), slotMinutes: 30)
        let (id, country) = (PractitionerID(high: 1, low: 1), try #require(CountryCode("fr")))
        var whole = PractitionerCalendar(practitionerID: id, country: country, grid: grid, version: 1)
        var compact = WindowedCalendar(grid: grid)
        var added: [ScheduleException] = []
        for version in 2...Int64(Int.random(in: 2...14, using: &generator)) {
            switch Int.random(in: 0...9, using: &generator) {
            case 0:
                whole.evolve(
                    .deactivated(PractitionerDeactivated(practitionerID: id, country: country)), version: version)
                compact.setActive(false)
            case 1, 2:
                whole.evolve(.activated(PractitionerActivated(practitionerID: id, country: country)), version: version)
                compact.setActive(true)
            case 3, 4, 5:
                let schedule = WeeklySchedule(
                    validFrom: first.adding(days: Int.random(in: -40...20, using: &generator)),
                    days: try Weekday.allCases.map { DaySessions(day: $0, sessions: [try session(&generator)]) })
                whole.evolve(
                    .scheduleSet(
                        ScheduleSet(practitionerID: id, country: country, schedule: schedule, zoneRules: "test")),
                    version: version)
                compact.set(schedule, within: window)
            case 6, 7, 8:
                let from = first.adding(days: Int.random(in: -10...20, using: &generator))
                let exception = ScheduleException(
                    id: ExceptionID(high: 0, low: UInt64.random(in: 0...4, using: &generator)), from: from,
                    to: from.adding(days: Int.random(in: 1...9, using: &generator)),
                    kind: Bool.random(using: &generator) ? .closed : .extra,
                    sessions: Bool.random(using: &generator) ? [] : [try session(&generator)])
                added.append(exception)
                whole.evolve(
                    .exceptionAdded(ExceptionAdded(practitionerID: id, country: country, exception: exception)),
                    version: version)
                compact.add(exception, within: window)
            default:
                guard let exception = added.randomElement(using: &generator) else { continue }
                whole.evolve(
                    .exceptionRemoved(ExceptionRemoved(practitionerID: id, country: country, exception: exception)),
                    version: version)
                compact.remove(exception.id)
            }
            // As a round of baselines keeps it, and a rebuild goes on from there: nothing may be forgotten.
            compact = WindowedCalendar(grid: grid, contents: compact.contents)
            for day in window.lowerBound.days...window.upperBound.days {
                let date = LocalDate(days: day)
                #expect(compact.open(on: date) == whole.open(on: date), "seed \(seed), version \(version), \(date)")
            }
        }
    }

    private func session(_ generator: inout SeededGenerator) throws -> Session {
        Session(
            start: try #require(LocalTime(minutes: Int.random(in: 0..<1_440, using: &generator))),
            end: try #require(LocalTime(minutes: Int.random(in: 0..<1_440, using: &generator))))
    }
}
