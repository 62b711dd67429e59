import Domain
import JSON
import TestSupport
import Testing

extension BlackBox {
    /// One availability function for listing and booking, seen from outside.
    @Suite("What is listed books, what is not listed is refused")
    struct ListedIsBookable {
        struct Case: CustomTestStringConvertible, Sendable {
            let testDescription: String
            let shape: SystemShape
            let practice: Practice
            let visit: String
        }

        static let cases: [Case] = SystemShape.allCases.flatMap { shape in
            [
                Case(
                    testDescription: "mornings and afternoons, single slots, \(shape.testDescription)", shape: shape,
                    practice: Practice(sessions: [("08:00", "11:00"), ("14:10", "16:30")]), visit: "standard"),
                Case(
                    testDescription: "visits of three slots, \(shape.testDescription)", shape: shape,
                    practice: Practice(sessions: [("08:00", "12:00"), ("13:00", "14:00")]), visit: "long"),
                Case(
                    testDescription: "a night across midnight, \(shape.testDescription)", shape: shape,
                    practice: Practice(
                        timeZone: "Europe/Berlin", dayStart: "20:00", slotMinutes: 45,
                        visits: [("standard", 1), ("long", 2)], sessions: [("20:00", "23:00"), ("23:45", "04:15")]),
                    visit: "long"),
            ]
        }

        @Test("every listed start books, every other is refused with the right reason", arguments: cases)
        func agrees(_ example: Case) async throws {
            try await withSystem(example.shape) { system in
                let staff = try system.caller()
                let patient = try await staff.registerPatient()
                let practitioner = try await staff.openPractice(example.practice)
                let zone = example.practice.timeZone ?? "Europe/Paris"
                let day = try Wall.date(inDays: 3, zone: zone)
                _ = try await staff.addException(practitioner, from: day.adding(days: 1), to: day.adding(days: 2))
                    .expecting(201)
                try await StoreTruth.with(system.servers) { truth in
                    try await eventually("the practice is listed as stored", within: .seconds(30)) {
                        try await ReadModels(staff, truth).checkAvailability(of: practitioner)
                        return true
                    }
                    let calendar = try await truth.calendar(practitioner)
                    let listing = try await staff.listing(practitioner, from: day, days: 2, visit: example.visit)
                    #expect(!listing.starts.isEmpty)
                    try await checkListed(listing.starts, staff, practitioner, patient, example.visit)
                    try await checkUnlisted(listing, calendar, staff, patient, example.visit)
                }
            }
        }

        /// Books each listed start and frees it again, so that visits of several slots do not meet each other.
        private func checkListed(
            _ starts: [String], _ staff: Caller, _ practitioner: String, _ patient: String, _ visit: String
        ) async throws {
            for start in starts {
                let answer = try await staff.book(practitioner, patient, at: start, for: visit)
                #expect(answer.status == 201, "listed, but refused: \(start) \(answer.text)")
                guard answer.status == 201 else { continue }
                _ = try await staff.cancel(try answer.member("bookingId")).expecting(200)
            }
        }

        private func checkUnlisted(
            _ listing: Listing, _ calendar: PractitionerCalendar, _ staff: Caller, _ patient: String, _ visit: String
        ) async throws {
            let listed = Set(try listing.starts.map { try Wall.instant($0) })
            let day = try #require(listing.days.first?.date)
            var starts: [Instant] = []
            for date in [day, day.adding(days: 1)] {
                starts += (0..<SlotMask.slotsPerDay).compactMap { calendar.grid.start(of: $0, on: date) }
            }
            starts += starts.prefix(2).map { $0.adding(minutes: 5) }
            starts += [-10, 200].compactMap { calendar.grid.start(of: 0, on: day.adding(days: $0)) }
            let rules = Country(
                code: calendar.country, languages: ["fr"], timeZone: calendar.grid.zone, bookingHorizonDays: 90)
            let practitioner = calendar.practitionerID.description
            for start in starts where !listed.contains(start) {
                let verdict = Availability.check(
                    ParsedTime(start), consultationType: visit, calendar: calendar, now: Wall.now(), country: rules)
                let answer = try await staff.book(practitioner, patient, at: start.text(), for: visit)
                #expect(answer.status == 422, "not listed, but answered \(answer.status): \(start)")
                guard case .failure(.slotNotBookable(let reason)) = verdict else {
                    Issue.record("\(start) is not listed, and the domain would book it")
                    continue
                }
                #expect(answer.json["reason"]?.stringValue == reason.rawValue, "\(start)")
            }
        }
    }
}
