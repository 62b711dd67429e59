import Domain
import JSON
import TestSupport
import Testing

extension BlackBox {
    /// The vital path, and the conventions that every answer keeps.
    @Suite("The main path")
    struct MainPath {
        @Test(
            "a slot is booked, gone from the listing and from search, and back when it is cancelled",
            arguments: SystemShape.allCases)
        func booksAndCancels(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let practitioner = try await staff.openPractice(Practice(specialty: "cardiology"))
                let patientID = try await staff.registerPatient()
                let patient = try system.caller("patient", subject: "patient-\(patientID)", patient: patientID)
                let tomorrow = try Wall.date(inDays: 1)
                let slot = try await eventually("the practice is listed", within: .seconds(20)) {
                    try await staff.listing(practitioner, from: tomorrow, days: 1).starts.first
                }

                let booked = try await patient.book(practitioner, patientID, at: slot).expecting(201)
                let booking = try booked.member("bookingId")
                #expect(booked.header("Location") == "/fr/v1/bookings/\(booking)")
                #expect(booked.header("ETag") == #""1""#)
                #expect(try booked.member("slotStart") == slot)
                #expect(try booked.member("status") == "confirmed")

                try await eventually("the slot is gone from the listing", within: .seconds(20)) {
                    try await !patient.listing(practitioner, from: tomorrow, days: 1).starts.contains(slot)
                }
                let taken = try await staff.book(practitioner, patientID, at: slot).expecting(409)
                #expect(taken.problem == "slot-taken")
                #expect((taken.json["alternatives"]?.arrayValue ?? []).count == 3)
                let mine = try await patient.get("/patients/\(patientID)/bookings").expecting(200)
                #expect(mine.json["items"]?.arrayValue?.first?["bookingId"]?.stringValue == booking)

                let cancelled = try await patient.cancel(booking).expecting(200)
                #expect(try cancelled.member("status") == "cancelled")
                #expect(
                    try await patient.cancel(booking).expecting(200).json["version"]?.intValue == 2, "again: unchanged")
                try await eventually("the slot is back", within: .seconds(20)) {
                    try await patient.listing(practitioner, from: tomorrow, days: 1).starts.contains(slot)
                }
            }
        }

        @Test("search moves on to the next free slot", arguments: SystemShape.allCases)
        func searchFollows(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let practitioner = try await staff.openPractice(Practice(specialty: "ophthalmology"))
                let patient = try await staff.registerPatient()
                try await StoreTruth.with(system.servers) { truth in
                    let models = try ReadModels(staff, truth)
                    let first = try await eventually("search knows the practice", within: .seconds(20)) {
                        try await models.nextAvailableInSearch(specialty: "ophthalmology")[practitioner] ?? nil
                    }
                    _ = try await staff.book(practitioner, patient, at: first).expecting(201)
                    try await eventually("search shows a later slot", within: .seconds(20)) {
                        let next =
                            try await models.nextAvailableInSearch(specialty: "ophthalmology")[practitioner] ?? nil
                        return try next.map { try Wall.instant($0) > Wall.instant(first) } ?? false
                    }
                }
            }
        }

        @Test("a new practitioner is bookable at once, before any event has travelled", arguments: SystemShape.allCases)
        func bookableAtOnce(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let patient = try await staff.registerPatient()
                let practitioner = try await staff.openPractice()
                _ = try await staff.book(practitioner, patient, at: try Wall.start(0, inDays: 1)).expecting(201)
            }
        }

        @Test("a visit moves to another practitioner and keeps its id", arguments: SystemShape.allCases)
        func moves(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let patient = try await staff.registerPatient()
                let practices = try await staff.openPractices(2)
                let from = try Wall.start(4, inDays: 3)
                let to = try Wall.start(6, inDays: 4)
                let booking = try await staff.book(practices[0], patient, at: from, for: "long").expecting(201)
                    .member("bookingId")
                let moved = try await staff.move(booking, to: to, of: practices[1]).expecting(200)
                #expect(try moved.member("bookingId") == booking)
                #expect(try moved.member("practitionerId") == practices[1])
                #expect(moved.json["version"]?.intValue == 2)
                _ = try await staff.book(practices[0], patient, at: from, for: "long").expecting(201)
                #expect(try await staff.book(practices[1], patient, at: to).problem == "slot-taken")
            }
        }

        @Test("a closure names the bookings that it displaces and drops none", arguments: SystemShape.allCases)
        func displaces(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let patient = try await staff.registerPatient()
                let practitioner = try await staff.openPractice()
                let booking = try await staff.book(practitioner, patient, at: try Wall.start(2, inDays: 2))
                    .expecting(201).member("bookingId")
                let day = try Wall.date(inDays: 2)
                let closed = try await staff.addException(practitioner, from: day, to: day.adding(days: 1))
                    .expecting(201)
                let displaced = closed.json["displacedBookings"]?.arrayValue ?? []
                #expect(displaced.map { $0["bookingId"]?.stringValue } == [booking])
                #expect(try await staff.get("/bookings/\(booking)").expecting(200).member("status") == "confirmed")
                let refused = try await staff.book(practitioner, patient, at: try Wall.start(8, inDays: 2))
                    .expecting(422)
                #expect(refused.json["reason"]?.stringValue == "closed")
                try await eventually("the closed day is listed empty", within: .seconds(20)) {
                    try await staff.listing(practitioner, from: day, days: 1).day(day)?.free.isEmpty ?? false
                }
            }
        }

        @Test(
            "refusals are problems, versions are strong tags, the document is served", arguments: SystemShape.allCases)
        func conventions(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let practitioner = try await staff.openPractice()

                let missing = try await staff.get("/bookings/00000000-0000-7000-8000-000000000000").expecting(404)
                #expect(missing.problem == "unknown-booking")
                #expect(missing.json["correlationId"]?.stringValue == missing.header("X-Correlation-Id"))
                let noToken = Caller(system: system, country: "fr", token: "nothing")
                #expect(try await noToken.get("/practitioners").expecting(401).header("WWW-Authenticate") != nil)
                #expect(
                    try await Caller(system: system, country: "xx", token: staff.token).get("/practitioners").expecting(
                        404
                    ).problem == "unknown-country")
                #expect(
                    try await staff.send("POST", "/bookings", "{}").expecting(400).problem == "idempotency-key-required"
                )
                let faults = try await staff.post("/bookings", #"{"slotStart":"soon","extra":1}"#).expecting(422)
                #expect((faults.json["errors"]?.arrayValue ?? []).count == 4, "every fault at once: \(faults.text)")

                let profile = "/practitioners/\(practitioner)"
                let tag = try #require(try await staff.get(profile).expecting(200).header("ETag"))
                #expect(try await staff.get(profile, headers: ["If-None-Match": tag]).status == 304)
                let change = #"{"acceptsNewPatients":false}"#
                #expect(try await staff.patch(profile, change, ifMatch: nil).status == 428)
                #expect(try await staff.patch(profile, change, ifMatch: #""999""#).status == 412)
                let patched = try await staff.patch(profile, change, ifMatch: tag).expecting(200)
                #expect(patched.header("ETag") != tag)

                let document = try await system.document()
                #expect(document.json["openapi"]?.stringValue?.hasPrefix("3.1") == true)
                #expect(document.json["paths"]?["/{country}/v1/bookings"] != nil)
            }
        }

        @Test("a list is read page by page, whichever process answers", arguments: SystemShape.allCases)
        func pages(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let practitioner = try await staff.openPractice()
                let patient = try await staff.registerPatient()
                var booked: [String] = []
                for slot in 0..<5 {
                    let answer = try await staff.book(practitioner, patient, at: try Wall.start(slot, inDays: 2))
                    booked.append(try answer.expecting(201).member("bookingId"))
                }
                var seen: [String] = []
                var cursor: String?
                repeat {
                    let query = cursor.map { "?limit=2&cursor=\($0)" } ?? "?limit=2"
                    let page = try await staff.get("/practitioners/\(practitioner)/bookings\(query)").expecting(200)
                    seen += (page.json["items"]?.arrayValue ?? []).compactMap { $0["bookingId"]?.stringValue }
                    cursor = page.json["nextCursor"]?.stringValue
                    #expect((page.header("Link") != nil) == (cursor != nil))
                } while cursor != nil
                #expect(seen == booked, "in time order, each once")
                let tampered = try await staff.get("/practitioners/\(practitioner)/bookings?cursor=AAAA")
                #expect(tampered.status == 400 && tampered.problem == "invalid-cursor")
            }
        }

        @Test("another patient's booking is not there", arguments: SystemShape.allCases)
        func ownership(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let practitioner = try await staff.openPractice()
                let patients = [try await staff.registerPatient(), try await staff.registerPatient()]
                let callers = try patients.map { try system.caller("patient", subject: "patient-\($0)", patient: $0) }
                let booking = try await callers[0].book(practitioner, patients[0], at: try Wall.start(3, inDays: 1))
                    .expecting(201).member("bookingId")
                #expect(try await callers[0].get("/bookings/\(booking)").status == 200)
                #expect(try await callers[1].get("/bookings/\(booking)").status == 404)
                #expect(try await callers[1].cancel(booking).status == 404)
                #expect(try await callers[1].get("/patients/\(patients[0])").status == 404)
                #expect(
                    try await callers[0].get("/patients/\(patients[0])").expecting(200).member("familyName") == "Moreau"
                )
            }
        }
    }
}

extension SystemUnderTest {
    /// The OpenAPI document of a public port.
    fileprivate func document() async throws -> Answer {
        let member = try member(answering: "/fr/v1/bookings")
        return try await publicPort(member, "/openapi.json").expecting(200)
    }
}
