import Domain
import Testing

@Suite("Practitioner's calendar")
struct PractitionerCalendarTests {
    struct Opening: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var dayStart = "08:00"
        var minutes = 30
        var sessions: [String] = ["08:00-12:00"]
        var exceptions: [(ScheduleException.Kind, String, String, [String])] = []
        var date = "2026-11-20"
        let open: [Int]
    }

    static let openings = [
        Opening(testDescription: "a morning", open: Array(0..<8)),
        Opening(testDescription: "no session, nothing", sessions: [], open: []),
        Opening(testDescription: "a slot must lie in the session whole", sessions: ["08:10-09:45"], open: [1, 2]),
        Opening(
            testDescription: "two sessions that touch do not make a slot", sessions: ["08:00-08:45", "08:45-09:30"],
            open: [0, 2]),
        Opening(
            testDescription: "what lies before the grid's day is left out", sessions: ["07:00-09:00"], open: [0, 1]),
        Opening(
            testDescription: "what lies behind the 24 slots is left out", sessions: ["19:00-22:00"], open: [22, 23]),
        Opening(testDescription: "a whole day", sessions: ["00:00-00:00"], open: Array(0..<24)),
        Opening(
            testDescription: "a session over midnight", dayStart: "20:00", sessions: ["22:00-02:00"],
            open: Array(4..<12)),
        Opening(
            testDescription: "a session that ends before the day starts is next morning's", dayStart: "20:00",
            sessions: ["01:00-03:00"], open: Array(10..<14)),
        Opening(
            testDescription: "a session into the day's start is not next morning's", dayStart: "20:00",
            sessions: ["18:00-21:00"], open: [0, 1]),
        Opening(
            testDescription: "the early morning belongs to the day before", minutes: 60, sessions: ["06:00-08:00"],
            open: [22, 23]),
        Opening(
            testDescription: "a night whose clocks go forward has fewer slots", dayStart: "20:00",
            sessions: ["01:00-04:00"], date: "2026-03-28", open: [10, 11, 14, 15]),
        Opening(
            testDescription: "a night whose clocks go back offers the repeated hour once", dayStart: "20:00",
            sessions: ["01:00-04:00"], date: "2026-10-24", open: Array(10..<16)),
        Opening(
            testDescription: "a closure of the whole day", exceptions: [(.closed, "2026-11-20", "2026-11-21", [])],
            open: []),
        Opening(
            testDescription: "a closure ends before `to`", exceptions: [(.closed, "2026-11-18", "2026-11-20", [])],
            open: Array(0..<8)),
        Opening(
            testDescription: "a closure takes every slot that it touches",
            exceptions: [(.closed, "2026-11-20", "2026-11-21", ["08:45-09:15"])], open: [0, 3, 4, 5, 6, 7]),
        Opening(
            testDescription: "an extra session adds",
            exceptions: [(.extra, "2026-11-20", "2026-11-21", ["14:00-15:00"])],
            open: Array(0..<8) + [12, 13]),
        Opening(
            testDescription: "an extra session over midnight", dayStart: "20:00", sessions: [],
            exceptions: [(.extra, "2026-11-20", "2026-11-21", ["23:30-00:30"])], open: [7, 8]),
        Opening(
            testDescription: "a closure wins over an extra session, whichever came first",
            exceptions: [
                (.closed, "2026-11-20", "2026-11-21", ["14:30-20:00"]),
                (.extra, "2026-11-20", "2026-11-21", ["14:00-15:00"]),
            ], open: Array(0..<8) + [12]),
        Opening(
            testDescription: "an extra session in a gap opens nothing", dayStart: "20:00", sessions: [],
            exceptions: [(.extra, "2026-03-28", "2026-03-29", ["02:00-03:00"])], date: "2026-03-28", open: []),
    ]

    @Test("a day is open where its sessions, exceptions and clocks say", arguments: openings)
    func opens(_ row: Opening) throws {
        var exceptions: [ScheduleException] = []
        for (index, parts) in row.exceptions.enumerated() {
            exceptions.append(try exception(parts.0, parts.1, parts.2, parts.3, id: UInt64(index)))
        }
        let calendar = try calendar(
            dayStart: row.dayStart, slotMinutes: row.minutes, daily: row.sessions, exceptions: exceptions)
        #expect(Array(calendar.open(on: try date(row.date)).indices) == row.open)
    }

    @Test("a week counts from its `validFrom` on; setting one removes those that would begin later")
    func weeks() throws {
        var calendar = try calendar(daily: [])
        func set(_ from: String, _ hours: String, version: Int64) throws {
            let sessions = [DaySessions(day: .monday, sessions: [try session(hours)])]
            calendar.evolve(
                .scheduleSet(
                    ScheduleSet(
                        practitionerID: calendar.practitionerID, country: calendar.country,
                        schedule: WeeklySchedule(validFrom: try date(from), days: sessions), zoneRules: "2026f")),
                version: version)
        }
        try set("2026-11-02", "08:00-09:00", version: 2)
        try set("2026-12-07", "10:00-11:00", version: 3)
        #expect(Array(calendar.open(on: try date("2026-10-26")).indices) == [])
        #expect(Array(calendar.open(on: try date("2026-11-02")).indices) == [0, 1])
        #expect(Array(calendar.open(on: try date("2026-11-03")).indices) == [])  // a Tuesday
        #expect(Array(calendar.open(on: try date("2026-12-07")).indices) == [4, 5])
        try set("2026-11-16", "12:00-13:00", version: 4)
        #expect(Array(calendar.open(on: try date("2026-11-09")).indices) == [0, 1])
        #expect(Array(calendar.open(on: try date("2026-12-07")).indices) == [8, 9])
        #expect(calendar.schedules.count == 3 && calendar.version == 4)
        #expect(try calendar.schedule(on: date("2027-01-01"))?.validFrom == date("2026-11-16"))
    }

    @Test("events make the same calendar as its parts")
    func evolves() throws {
        let parts = try calendar(daily: ["08:00-12:00"], types: [.standard])
        let id = parts.practitionerID
        let france = parts.country
        let registered = PractitionerRegistered(
            practitionerID: id, country: france, number: 0, displayName: "Dr. A", specialty: "dermatology",
            languages: ["fr"],
            location: Location(latitude: 48.85, longitude: 2.35, street: "1", postalCode: "75001", city: "Paris"),
            timeZone: "Europe/Paris", dayStart: .eight, slotMinutes: 30, consultationTypes: [.standard],
            acceptsNewPatients: true, zoneRules: "2026f")
        var folded = try PractitionerCalendar(registered, version: 1, zones: zones)
        #expect(folded.open(on: try date("2026-11-20")).isEmpty)
        let week = try #require(parts.schedules.first)
        folded.evolve(
            .scheduleSet(ScheduleSet(practitionerID: id, country: france, schedule: week, zoneRules: "2026f")),
            version: 2)
        let closure = try exception(.closed, "2026-11-20", "2026-11-22")
        folded.evolve(
            .exceptionAdded(ExceptionAdded(practitionerID: id, country: france, exception: closure)), version: 3)
        #expect(folded.open(on: try date("2026-11-20")).isEmpty)
        #expect(folded.exceptions == [closure])
        folded.evolve(
            .exceptionRemoved(ExceptionRemoved(practitionerID: id, country: france, exception: closure)), version: 4)
        #expect(folded.open(on: try date("2026-11-20")).count == 8)
        folded.evolve(.deactivated(PractitionerDeactivated(practitionerID: id, country: france)), version: 5)
        #expect(folded.open(on: try date("2026-11-20")).isEmpty && !folded.isActive)
        folded.evolve(.activated(PractitionerActivated(practitionerID: id, country: france)), version: 6)
        let long = try #require(ConsultationType(code: "long", slots: 3))
        folded.evolve(
            .updated(PractitionerUpdated(practitionerID: id, country: france, consultationTypes: [.standard, long])),
            version: 7)
        #expect(folded.consultationType("long")?.slots == 3 && folded.acceptsNewPatients)
        let expected = PractitionerCalendar(
            practitionerID: id, country: france, grid: parts.grid, schedules: parts.schedules,
            consultationTypes: [.standard, long], version: 7)
        #expect(folded == expected)
    }

    @Test("a kind of visit has a code and 1...24 slots", arguments: [("", 1), ("long", 0), ("long", 25), ("long", -1)])
    func consultationTypes(_ code: String, _ slots: Int) {
        #expect(ConsultationType(code: code, slots: slots) == nil)
    }

    @Test("an event names its type, its topic and the keys of its records")
    func eventContracts() throws {
        let calendar = try calendar(daily: [])
        let other = PractitionerID(high: 9, low: 9)
        func moved(to practitioner: PractitionerID) throws -> BookingEvent {
            let slots = SlotMask(first: 0, count: 1)
            let from = BookedPlace(
                practitionerID: calendar.practitionerID, slotStart: Instant(seconds: 0),
                localDate: try date("2026-11-20"),
                slots: slots)
            let to = BookedPlace(
                practitionerID: practitioner, slotStart: Instant(seconds: 0), localDate: try date("2026-11-20"),
                slots: slots)
            return .rescheduled(
                BookingRescheduled(
                    bookingID: BookingID(high: 0, low: 1), patientID: PatientID(high: 0, low: 2),
                    country: calendar.country,
                    from: from, to: to))
        }
        #expect(try moved(to: other).keys == [calendar.practitionerID, other])
        #expect(try moved(to: calendar.practitionerID).keys == [calendar.practitionerID])
        #expect(try moved(to: other).wireType == WireType("BookingRescheduled", dataVersion: 1))
        #expect(try moved(to: other).topic?.name == "booking-events")
        let patient = PatientEvent.updated(
            PatientChange(
                patientID: PatientID(high: 0, low: 1), country: calendar.country, changedFields: ["phone", "email"]))
        #expect(patient.topic == nil && patient.keys.isEmpty && patient.change.changedFields == ["email", "phone"])
        #expect(
            CancellationReason.allCases.map(\.rawValue) == [
                "patient_request", "practitioner_unavailable", "no_longer_needed", "other",
            ])
    }
}
