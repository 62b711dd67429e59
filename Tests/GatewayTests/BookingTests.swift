import Domain
import Gateway
import JSON
import Testing

/// Commands of bookings, and every way in which one is refused.
@Suite struct BookingTests {
    @Test func aBookingIsCreatedWithLocationAndETag() async throws {
        let edge = try Edge()
        edge.services.script { $0.bookingOutcome = .created(Samples.booking) }
        let answer = try await edge.send("POST", "/fr/v1/bookings", as: .patient, body: Bodies.booking)
        #expect(answer.status == 201)
        #expect(answer["Location"] == "/fr/v1/bookings/\(IDs.booking)")
        #expect(answer["ETag"] == "\"7\"")
        let command = try #require(edge.services.seen.creates.first)
        #expect(command.consultationType == "standard")
        #expect(command.access == .patient(.init(test: IDs.patient)))
        #expect(command.slotStart.instant == Samples.slot.start.instant)
    }

    @Test func aBookingIsShownAsTheContractSays() async throws {
        let answer = try await Edge().send("GET", "/fr/v1/bookings/\(IDs.booking)")
        #expect(answer["Content-Type"] == "application/json")
        #expect(
            answer.text == """
                {"bookingId":"\(IDs.booking)","status":"confirmed","version":7,"practitionerId":"\(IDs.practitioner)",\
                "patientId":"\(IDs.patient)","consultationType":"standard","slotStart":"2026-11-23T09:30:00+01:00",\
                "slotEnd":"2026-11-23T10:00:00+01:00","timeZone":"Europe/Paris",\
                "createdAt":"2026-11-18T12:06:40+01:00","updatedAt":"2026-11-18T12:06:41+01:00"}
                """)
    }

    @Test(arguments: [
        "2026-11-23T09:30:00+01:00", "2026-11-23T08:30:00Z", "2026-11-23T03:00:00-05:30", "2026-11-23T08:30:00.000Z",
    ])
    func anyOffsetIsAccepted(_ text: String) async throws {
        let edge = try Edge()
        let body = try Bodies.changed(Bodies.booking, "slotStart", "\"\(text)\"")
        #expect(try await edge.send("POST", "/fr/v1/bookings", body: body).status == 200)
        #expect(edge.services.seen.creates.first?.slotStart.instant == Samples.slot.start.instant)
    }

    @Test func aMoveCarriesWhereTo() async throws {
        let edge = try Edge()
        let path = "/fr/v1/bookings/\(IDs.booking)/reschedule"
        _ = try await edge.send("POST", path, body: Bodies.move)
        _ = try await edge.send(
            "POST", path, body: try Bodies.changed(Bodies.move, "practitionerId", "\"\(IDs.other)\""))
        #expect(edge.services.seen.moves.map(\.practitionerID) == [nil, .init(test: IDs.other)])
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let refusal: RefusedBooking
        let status: Int
        let problem: String
        var reason: String?
    }

    static let refusals: [Refusal] =
        [
            Refusal(
                testDescription: "taken", refusal: .slotTaken(alternatives: [Samples.slot]), status: 409,
                problem: "slot-taken"),
            Refusal(
                testDescription: "no such kind of visit", refusal: .unknownConsultationType, status: 422,
                problem: "unknown-consultation-type"),
            Refusal(
                testDescription: "no such practitioner", refusal: .unknownPractitioner, status: 404,
                problem: "unknown-practitioner"),
            Refusal(
                testDescription: "no such patient", refusal: .unknownPatient, status: 404, problem: "unknown-patient"),
            Refusal(
                testDescription: "practitioner inactive", refusal: .practitionerInactive, status: 409,
                problem: "practitioner-inactive"),
            Refusal(
                testDescription: "booking cancelled", refusal: .bookingCancelled, status: 409,
                problem: "booking-cancelled"),
            Refusal(
                testDescription: "no such booking", refusal: .unknownBooking, status: 404, problem: "unknown-booking"),
        ]
        + BookingRefusalReason.allCases.map {
            Refusal(
                testDescription: $0.rawValue, refusal: .slotNotBookable($0), status: 422, problem: "slot-not-bookable",
                reason: $0.rawValue)
        }

    @Test(arguments: refusals)
    func everyRefusalHasItsProblem(_ row: Refusal) async throws {
        let edge = try Edge()
        edge.services.script { $0.bookingOutcome = .refused(row.refusal) }
        let requests = [
            ("/fr/v1/bookings", Bodies.booking), ("/fr/v1/bookings/\(IDs.booking)/reschedule", Bodies.move),
        ]
        for (path, body) in requests {
            let answer = try await edge.send("POST", path, body: body)
            #expect(answer.status == row.status)
            #expect(answer.problem == row.problem)
            #expect(answer["Content-Type"] == "application/problem+json")
            #expect(answer.json["status"]?.intValue == Int64(row.status))
            #expect(answer.json["instance"]?.stringValue == path)
            #expect(answer.json["correlationId"]?.stringValue == answer["X-Correlation-Id"])
            #expect(answer.json["reason"]?.stringValue == row.reason)
        }
    }

    @Test func aTakenSlotComesWithAlternatives() async throws {
        let edge = try Edge()
        edge.services.script { $0.bookingOutcome = .refused(.slotTaken(alternatives: [Samples.slot])) }
        let answer = try await edge.send("POST", "/fr/v1/bookings", body: Bodies.booking)
        let alternative = try #require(answer.json["alternatives"]?.arrayValue?.first)
        #expect(alternative["slotStart"]?.stringValue == "2026-11-23T09:30:00+01:00")
        #expect(alternative["slotEnd"]?.stringValue == "2026-11-23T10:00:00+01:00")
    }

    @Test func listsCarryTheirFilters() async throws {
        let edge = try Edge()
        _ = try await edge.send(
            "GET",
            "/fr/v1/patients/\(IDs.patient)/bookings?status=cancelled&from=2026-11-23&to=2026-11-24T00:00:00+01:00")
        _ = try await edge.send(
            "GET", "/fr/v1/practitioners/\(IDs.practitioner)/bookings?from=2026-11-23T00%3A00%3A00%2B01%3A00")
        let filters = edge.services.seen.bookingFilters
        #expect(filters[0].status == .cancelled)
        #expect(filters[0].from == .date(LocalDate(days: 20_780)))
        #expect(filters[0].to == .instant(Instant(seconds: 1_795_474_800)))
        #expect(filters[1].from == .instant(Instant(seconds: 1_795_388_400)))
    }
}
