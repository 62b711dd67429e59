import Domain
import TestSupport
import Testing

@testable import BookingCommands

/// What is listed can be booked, and what is not listed cannot.
@Suite struct ListingTests {
    struct Practice: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var zone = "Europe/Paris"
        var dayStart = "08:00"
        var slotMinutes = 30
        var sessions = ["08:00-12:00", "14:00-18:00"]
        var exceptions: [@Sendable () throws -> ScheduleException] = []
        var now = Clinic.morning
    }

    static let practices = [
        Practice(
            testDescription: "a day in Paris, partly closed, with an extra evening",
            exceptions: [
                { try exception(.closed, "2026-11-21", "2026-11-22", ["09:10-10:00"], id: 1) },
                { try exception(.extra, "2026-11-21", "2026-11-22", ["18:00-19:30"], id: 2) },
            ]),
        Practice(
            testDescription: "nights in Paris over the lost hour", dayStart: "20:00", slotMinutes: 20,
            sessions: ["21:00-04:00"], now: "2026-03-27T21:30:00+01:00"),
        Practice(
            testDescription: "nights in New York over the repeated hour", zone: "America/New_York", dayStart: "22:00",
            slotMinutes: 25, sessions: ["22:00-05:00"], now: "2026-10-30T23:00:00-04:00"),
    ]

    @Test(arguments: practices)
    func listedIsBookableAndUnlistedIsNot(_ practice: Practice) async throws {
        var random = SeededRandom()
        try await Clinic.with("listing", country: country(horizon: 2, notice: 45)) { clinic in
            clinic.clock.set(try instant(practice.now))
            let id = practitioner(1)
            try await clinic.apply(
                try registration(
                    id, zone: practice.zone, dayStart: practice.dayStart, slotMinutes: practice.slotMinutes))
            try await clinic.apply(try scheduleSet(id, try week(practice.sessions)))
            for exception in practice.exceptions { try await clinic.apply(try exceptionAdded(id, try exception())) }

            let first = try await listed(practice, clinic, length: 1)
            #expect(first.count > 10)
            var attempts = try starts(of: practice, clinic)
            attempts.shuffle(using: &random)
            for (index, start) in attempts.enumerated() {
                let type = try #require(try visitTypes().prefix(2).randomElement(using: &random))
                let isListed = try await listed(practice, clinic, length: type.slots).contains(start)
                let got = await clinic.writers[0].got(
                    try clinic.create(id, ParsedTime(start), type: type.code, key: "\(index)"))
                #expect(
                    got.isSuccess == isListed, "\(start) for \(type.slots) slots: \(got), TEST_SEED=\(random.seed)")
            }
            // Everything was tried, in an order that may leave single slots between two long visits.
            for start in first.sorted() {
                if try await !listed(practice, clinic, length: 1).contains(start) { continue }
                let got = await clinic.writers[0].got(try clinic.create(id, ParsedTime(start), key: "left \(start)"))
                #expect(got.isSuccess, "\(start) was listed: \(got), TEST_SEED=\(random.seed)")
            }
            #expect(try await listed(practice, clinic, length: 1).isEmpty, "TEST_SEED=\(random.seed)")
            let bookings = try await clinic.count("SELECT count(*) FROM bookings")
            #expect(bookings >= first.count / 2, "each takes two slots at most; TEST_SEED=\(random.seed)")
            try await clinic.expectSound(seed: random.seed)
        }
    }

    /// Every start of the days around, twice in random order, and some times between the lines.
    private func starts(of practice: Practice, _ clinic: Clinic) throws -> [Instant] {
        let now = clinic.clock.now()
        let lines = Int64(practice.slotMinutes * 60)
        let origin = try #require(
            try grid(practice).day(LocalDate(days: Int32(now.seconds / 86_400) - 1)).start(of: 0))
        let steps = (0..<(5 * 86_400 / lines)).map { origin.adding(seconds: $0 * lines) }
        return steps + steps + steps.enumerated().filter { $0.offset % 9 == 0 }.map { $0.element.adding(minutes: 7) }
            + steps.map { $0.adding(minutes: 60 % practice.slotMinutes) }
    }

    private func grid(_ practice: Practice) throws -> SlotGrid {
        try zones.grid(
            zone: practice.zone, dayStart: try #require(LocalTime(practice.dayStart)),
            slotMinutes: practice.slotMinutes)
    }

    /// The free starts that the availability page would list now, from the cold days.
    private func listed(_ practice: Practice, _ clinic: Clinic, length: Int) async throws -> Set<Instant> {
        let grid = try grid(practice)
        let window = BookingWindow(now: clinic.clock.now(), country: clinic.country, grid: grid)
        let days = try #require(
            try await clinic.cold.days(
                of: practitioner(1), in: clinic.country.code, from: window.firstDate, count: window.dates.count))
        var starts: Set<Instant> = []
        for (date, free) in zip(window.dates, days.free) {
            let mask = Availability.freeStarts(free: free, on: date, grid: grid, window: window, length: length)
            starts.formUnion(mask.indices.compactMap { grid.start(of: $0, on: date) })
        }
        return starts
    }

    @Test func coldDaysAreTheAvailabilityOfTheRows() async throws {
        var random = SeededRandom()
        try await Clinic.with("cold") { clinic in
            let id = practitioner(1)
            try await clinic.open(id, ["08:00-12:00", "14:00-18:00"])
            try await clinic.apply(
                try exceptionAdded(id, try exception(.closed, "2026-12-03", "2026-12-05", ["09:00-11:00"])))
            var booked: [LocalDate: SlotMask] = [:]
            let first = try date("2026-12-01")
            for index in 0..<120 {
                let day = first.adding(days: Int.random(in: 0..<6, using: &random))
                let slot = Int.random(in: 0..<24, using: &random)
                let grid = try zones.grid(zone: "Europe/Paris", dayStart: .eight, slotMinutes: 30)
                let start = try #require(grid.start(of: slot, on: day))
                let got = await clinic.writers[0].got(try clinic.create(id, ParsedTime(start), key: "\(index)"))
                if got.isSuccess { booked[day] = (booked[day] ?? .empty).union(SlotMask(first: slot, count: 1)) }
            }
            let calendar = PractitionerCalendar(
                practitionerID: id, country: clinic.country.code,
                grid: try zones.grid(zone: "Europe/Paris", dayStart: .eight, slotMinutes: 30),
                schedules: [try week(["08:00-12:00", "14:00-18:00"])],
                exceptions: [try exception(.closed, "2026-12-03", "2026-12-05", ["09:00-11:00"])], version: 3)
            let days = try #require(try await clinic.cold.days(of: id, in: clinic.country.code, from: first, count: 6))
            for (offset, free) in days.free.enumerated() {
                let day = first.adding(days: offset)
                #expect(
                    free == Availability.free(calendar, on: day, booked: booked[day] ?? .empty),
                    "\(day), TEST_SEED=\(random.seed)")
            }
            #expect(days.calendarVersion == 3)
            #expect(
                try await clinic.cold.days(of: practitioner(9), in: clinic.country.code, from: first, count: 1) == nil)
        }
    }
}
