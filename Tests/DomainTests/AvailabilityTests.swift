import Domain
import Testing

@Suite("Availability")
struct AvailabilityTests {
    struct Question: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var zone = "Europe/Paris"
        var dayStart = "08:00"
        var now = "2026-03-01T10:00:00+01:00"
        var notice = 0
        var type = "standard"
        let start: String
        /// The refusal, or nil for the slots' bitmap in `slots`.
        var refusal: BookingRefusalReason?
        var slots: [Int] = []
    }

    /// Open from 08:00 to 12:00 and, on the night grid, from 01:00 to 04:00; 2026-03-10 is closed from 09:00 to 10:00.
    static let questions = [
        Question(testDescription: "an open slot", start: "2026-03-02T08:00:00+01:00", slots: [0]),
        Question(
            testDescription: "the same instant with another offset", start: "2026-03-02T12:45:00+05:45", slots: [0]),
        Question(testDescription: "the same instant in UTC", start: "2026-03-02T07:00:00Z", slots: [0]),
        Question(
            testDescription: "a slot that begins now", now: "2026-03-02T08:00:00+01:00", start: "2026-03-02T07:00:00Z",
            slots: [0]),
        Question(
            testDescription: "a second ago", now: "2026-03-02T08:00:01+01:00", start: "2026-03-02T07:00:00Z",
            refusal: .inThePast),
        Question(
            testDescription: "the past comes before the notice and the grid", notice: 60, start: "2025-03-02T07:07:00Z",
            refusal: .inThePast),
        Question(
            testDescription: "within the notice", now: "2026-03-02T07:30:01+01:00", notice: 30,
            start: "2026-03-02T07:00:00Z",
            refusal: .tooSoon),
        Question(
            testDescription: "exactly at the notice", now: "2026-03-02T07:30:00+01:00", notice: 30,
            start: "2026-03-02T07:00:00Z", slots: [0]),
        Question(testDescription: "the last day of the horizon", start: "2026-05-30T08:00:00+02:00", slots: [0]),
        Question(testDescription: "a day beyond it", start: "2026-05-31T08:00:00+02:00", refusal: .beyondHorizon),
        Question(
            testDescription: "beyond the horizon comes before off the grid", start: "2027-05-31T08:07:00+02:00",
            refusal: .beyondHorizon),
        Question(testDescription: "between two lines", start: "2026-03-02T08:10:00+01:00", refusal: .offGrid),
        Question(testDescription: "a second beside a line", start: "2026-03-02T08:00:01+01:00", refusal: .offGrid),
        Question(testDescription: "a fraction beside a line", start: "2026-03-02T08:00:00.5+01:00", refusal: .offGrid),
        Question(testDescription: "between two lines at night", start: "2026-03-03T03:10:00+01:00", refusal: .offGrid),
        Question(
            testDescription: "a line behind the 24 slots", start: "2026-03-02T20:00:00+01:00", refusal: .outsideSchedule
        ),
        Question(
            testDescription: "a slot without a session", start: "2026-03-02T15:00:00+01:00", refusal: .outsideSchedule),
        Question(testDescription: "a closed slot", start: "2026-03-10T09:00:00+01:00", refusal: .closed),
        Question(
            testDescription: "a closure of what was not open closes nothing", start: "2026-03-10T13:00:00+01:00",
            refusal: .outsideSchedule),
        Question(testDescription: "a long visit", type: "long", start: "2026-03-02T10:30:00+01:00", slots: [5, 6, 7]),
        Question(
            testDescription: "a long visit beyond the session", type: "long", start: "2026-03-02T11:00:00+01:00",
            refusal: .doesNotFit),
        Question(
            testDescription: "a long visit into a closure", type: "long", start: "2026-03-10T08:30:00+01:00",
            refusal: .doesNotFit),
        Question(
            testDescription: "a skipped time with the offset before", dayStart: "20:00",
            start: "2026-03-29T02:30:00+01:00",
            refusal: .nonexistentLocalTime),
        Question(
            testDescription: "a skipped time with the offset after", dayStart: "20:00",
            start: "2026-03-29T02:30:00+02:00",
            refusal: .nonexistentLocalTime),
        Question(
            testDescription: "a skipped time comes before the past", dayStart: "20:00", now: "2026-04-29T10:00:00Z",
            start: "2026-03-29T02:30:00+02:00", refusal: .nonexistentLocalTime),
        Question(
            testDescription: "the reading of another wall is an instant", dayStart: "20:00",
            start: "2026-03-29T02:30:00+00:00", slots: [17]),
        Question(
            testDescription: "`Z` is always an instant", zone: "Europe/London", dayStart: "20:00",
            start: "2026-03-29T01:30:00Z", slots: [13]),
        Question(
            testDescription: "`+00:00` is London's own wall", zone: "Europe/London", dayStart: "20:00",
            start: "2026-03-29T01:30:00+00:00", refusal: .nonexistentLocalTime),
        Question(
            testDescription: "the first pass of a repeated hour", dayStart: "20:00", now: "2026-10-01T00:00:00Z",
            start: "2026-10-25T02:30:00+02:00", slots: [13]),
        Question(
            testDescription: "the second pass of a repeated hour", dayStart: "20:00", now: "2026-10-01T00:00:00Z",
            start: "2026-10-25T02:30:00+01:00", refusal: .outsideSchedule),
        Question(
            testDescription: "between two lines of the second pass", dayStart: "20:00", now: "2026-10-01T00:00:00Z",
            start: "2026-10-25T02:40:00+01:00", refusal: .offGrid),
    ]

    @Test("a start is placed, or refused for the first reason that holds", arguments: questions)
    func check(_ row: Question) throws {
        let long = try #require(ConsultationType(code: "long", slots: 3))
        let calendar = try calendar(
            zone: row.zone, dayStart: row.dayStart,
            daily: [row.dayStart == "08:00" ? "08:00-12:00" : "01:00-05:00"],
            exceptions: [try exception(.closed, "2026-03-10", "2026-03-11", ["09:00-10:00", "13:00-14:00"])],
            types: [.standard, long])
        let outcome = Availability.check(
            try ParsedTime(row.start), consultationType: row.type, calendar: calendar, now: try instant(row.now),
            country: try country(notice: row.notice))
        switch outcome {
        case .failure(let refusal): #expect(refusal == row.refusal.map(BookingRefusal.slotNotBookable))
        case .success(let placement):
            #expect(row.refusal == nil)
            #expect(Array(placement.slots.indices) == row.slots)
            #expect(placement.start == (try instant(row.start)))
            #expect(placement.end == placement.start.adding(minutes: 30 * row.slots.count))
            #expect(placement.slotStarts.count == row.slots.count && placement.slotStarts.first == placement.start)
        }
    }

    @Test("inactive and unknown kinds of visit are told before anything about the slot")
    func ranks() throws {
        let past = try ParsedTime("2020-01-01T00:00:01Z")
        let now = try instant("2026-03-01T00:00:00Z")
        let active = try calendar(daily: [])
        let inactive = try calendar(daily: [], isActive: false)
        let france = try country()
        #expect(
            Availability.check(past, consultationType: "none", calendar: inactive, now: now, country: france)
                == .failure(.practitionerInactive))
        #expect(
            Availability.check(past, consultationType: "none", calendar: active, now: now, country: france)
                == .failure(.unknownConsultationType))
        #expect(
            BookingRefusalReason.allCases.map(\.rawValue) == [
                "nonexistent-local-time", "in-the-past", "too-soon", "beyond-horizon", "off-grid", "outside-schedule",
                "closed",
                "does-not-fit",
            ])
    }

    @Test("the next free start skips what is booked, passed or too short, and ends at the horizon")
    func nextAvailable() throws {
        let calendar = try calendar(daily: ["08:00-10:00"])
        let window = BookingWindow(
            now: try instant("2026-11-20T08:31:00+01:00"), country: try country(horizon: 2), grid: calendar.grid)
        func next(length: Int = 1, _ booked: [String: [Int]]) throws -> String? {
            var masks: [LocalDate: SlotMask] = [:]
            for (day, slots) in booked { masks[try date(day)] = SlotMask(indices: slots) }
            return Availability.nextAvailable(calendar, window: window, length: length) { masks[$0] ?? .empty }?
                .start.description
        }
        #expect(try next([:]) == "2026-11-20T08:00:00Z")
        #expect(try next(["2026-11-20": [2]]) == "2026-11-20T08:30:00Z")
        #expect(try next(length: 2, ["2026-11-20": [3]]) == "2026-11-21T07:00:00Z")
        #expect(try next(["2026-11-20": [2, 3], "2026-11-21": [0, 1, 2]]) == "2026-11-21T08:30:00Z")
        #expect(try next(length: 5, [:]) == nil)
        let all = [0, 1, 2, 3]
        #expect(try next(["2026-11-20": all, "2026-11-21": all, "2026-11-22": all]) == nil)
    }

    @Test("in the small hours, the night that began yesterday is still on offer")
    func smallHours() throws {
        let calendar = try calendar(dayStart: "20:00", daily: ["22:00-06:00"])
        let window = BookingWindow(
            now: try instant("2026-11-20T03:10:00+01:00"), country: try country(), grid: calendar.grid)
        let next = try #require(Availability.nextAvailable(calendar, window: window) { _ in .empty })
        #expect(next.date == (try date("2026-11-19")) && next.start.description == "2026-11-20T02:30:00Z")
        #expect(window.today == (try date("2026-11-20")) && window.dates.count == 92)
    }

    @Test("alternatives are the three nearest starts, before and after, that take the whole visit")
    func alternatives() throws {
        let long = try #require(ConsultationType(code: "long", slots: 2))
        let calendar = try calendar(daily: ["08:00-12:00"], types: [.standard, long])
        let now = try instant("2026-11-19T00:00:00Z")
        let window = BookingWindow(now: now, country: try country(), grid: calendar.grid)
        func nearest(_ start: String, length: Int, booked: [Int]) throws -> [String] {
            let wanted = try ParsedTime(start)
            let placement = try Availability.check(wanted, length: length, calendar: calendar, window: window).get()
            let day = try date("2026-11-20")
            let mask = try #require(SlotMask(indices: booked))
            return Availability.alternatives(to: placement, calendar: calendar, window: window) {
                $0 == day ? mask : .empty
            }.map { $0.start.text(offsetSeconds: 3_600) }
        }
        #expect(
            try nearest("2026-11-20T09:00:00+01:00", length: 1, booked: [2]) == [
                "2026-11-20T08:30:00+01:00", "2026-11-20T09:30:00+01:00", "2026-11-20T08:00:00+01:00",
            ])
        #expect(
            try nearest("2026-11-20T09:00:00+01:00", length: 2, booked: [2, 3, 5]) == [
                "2026-11-20T08:00:00+01:00", "2026-11-20T11:00:00+01:00", "2026-11-19T11:00:00+01:00",
            ])
        #expect(
            try nearest("2026-11-20T11:30:00+01:00", length: 1, booked: Array(0..<8)) == [
                "2026-11-21T08:00:00+01:00", "2026-11-21T08:30:00+01:00", "2026-11-21T09:00:00+01:00",
            ])
    }
}
