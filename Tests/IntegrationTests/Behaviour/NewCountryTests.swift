import Domain
import JSON
import TestSupport
import Testing

extension BlackBox {
    /// A country is data, not code.
    @Suite("A new country")
    struct NewCountry {
        private static let withIndia = """
            [{"code": "fr", "languages": ["fr", "en"], "timeZone": "Europe/Paris", "bookingHorizonDays": 90},
             {"code": "de", "languages": ["de", "en"], "timeZone": "Europe/Berlin", "bookingHorizonDays": 90},
             {"code": "in", "languages": ["en", "hi"], "timeZone": "Asia/Kolkata", "weekStart": "sunday",
              "slotMinutes": 20, "dayStart": "09:00", "bookingHorizonDays": 30, "minimumNoticeMinutes": 60}]
            """

        @Test("is live after a line of configuration and a restart, by its own rules", arguments: SystemShape.allCases)
        func isLive(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller(in: "in")
                #expect(try await staff.get("/practitioners").expecting(404).problem == "unknown-country")

                try system.folder.write(countries: Self.withIndia)
                try await system.restartCleanly()

                var practice = Practice(specialty: "paediatrics", sessions: [("09:00", "17:00")])
                practice.visits = [("standard", 1)]
                let practitioner = try await staff.openPractice(practice)
                let patient = try await staff.registerPatient()
                let zone = "Asia/Kolkata"
                let slot = try Wall.start(1, inDays: 2, zone: zone, dayStart: "09:00", slotMinutes: 20)
                #expect(slot.hasSuffix("T09:20:00+05:30"))
                let booked = try await staff.book(practitioner, patient, at: slot).expecting(201)
                #expect(try booked.member("timeZone") == zone)
                let beyond = try Wall.start(1, inDays: 31, zone: zone, dayStart: "09:00", slotMinutes: 20)
                let refused = try await staff.book(practitioner, patient, at: beyond).expecting(422)
                #expect(refused.json["reason"]?.stringValue == "beyond-horizon")

                let day = try Wall.date(inDays: 2, zone: zone)
                try await eventually("the day shows all slots but one", within: .seconds(30)) {
                    let listing = try await staff.listing(practitioner, from: day, days: 1)
                    return listing.day(day)?.free.bitmap == "1011" + String(repeating: "1", count: 20)
                }
                let french = try system.caller()
                #expect(try await french.get("/practitioners/\(practitioner)").status == 404, "countries do not mix")
            }
        }
    }
}
