import Audit
import AuditReport
import Domain
import EventStore
import Testing

@Suite("Why a slot is in its state: the chain of causes, in order, to its end")
struct SlotStoryTests {
    private func story(
        _ clinic: Clinic, _ slot: Int, asOf moment: Instant? = nil
    ) async throws -> [(effect: String, state: String)] {
        let answer = try await clinic.bed.desk().answer(
            .slot(clinic.id, start: try clinic.start(of: slot), asOf: moment), by: AuditBed.auditor, limit: 10)
        return answer.records.map { ($0["effect"]?.text ?? "", $0["state"]?.text ?? "") }
    }

    @Test("opened, taken, freed, taken, displaced by a closure, moved away, open again")
    func tellsAll() async throws {
        try await AuditBed.with { bed in
            let clinic = Clinic(bed)
            try await clinic.open()
            let first = try clinic.booking(3)
            try await clinic.append(.created(first))
            let early = bed.clock.now()
            try await clinic.append(.cancelled(clinic.cancelled(first)))
            let second = try clinic.booking(3)
            try await clinic.append(.created(second))
            let exception = ScheduleException(
                id: ExceptionID(from: bed.identifiers), from: clinic.day, to: clinic.day.adding(days: 1),
                kind: .closed, sessions: [])
            let closure = try await clinic.append(
                .exceptionAdded(ExceptionAdded(practitionerID: clinic.id, country: .fr, exception: exception)))
            try await clinic.append(
                .displaced(
                    BookingDisplaced(
                        bookingID: second.bookingID, practitionerID: clinic.id, patientID: second.patientID,
                        country: .fr, slotStart: second.slotStart, localDate: clinic.day, slots: second.slots,
                        cause: closure)), because: closure)
            try await clinic.append(
                .rescheduled(
                    BookingRescheduled(
                        bookingID: second.bookingID, patientID: second.patientID, country: .fr,
                        from: try clinic.place(3), to: try clinic.place(5))))
            try await clinic.append(
                .exceptionRemoved(ExceptionRemoved(practitionerID: clinic.id, country: .fr, exception: exception)))

            let third = try await story(clinic, 3)
            #expect(
                third.map(\.effect)
                    == ["opened", "taken", "freed", "taken", "closed", "displaced", "freed", "opened"])
            #expect(
                third.map(\.state)
                    == ["free", "booked", "free", "booked", "displaced", "displaced", "closed", "free"])
            #expect(try await story(clinic, 3, asOf: early).map(\.state) == ["free", "booked"])
            let fifth = try await story(clinic, 5)
            #expect(fifth.map(\.effect) == ["opened", "closed", "taken", "opened"])
            #expect(fifth.map(\.state) == ["free", "closed", "displaced", "booked"])
            let never = try await story(clinic, 20)
            #expect(never.map(\.effect) == [""] && never.map(\.state) == ["outside-schedule"])
        }
    }

    @Test("a cause that did nothing to the slot itself is in the chain all the same, to its beginning")
    func followsCauses() async throws {
        try await AuditBed.with { bed in
            let clinic = Clinic(bed)
            try await clinic.open()
            let wish = try await clinic.append(
                .updated(PractitionerUpdated(practitionerID: clinic.id, country: .fr, displayName: "Dr New")))
            let step = try await clinic.append(
                .updated(PractitionerUpdated(practitionerID: clinic.id, country: .fr, displayName: "Dr Newer")),
                because: wish)
            let booking = try clinic.booking(3)
            try await clinic.append(.created(booking), because: step)
            let answer = try await bed.desk().answer(
                .slot(clinic.id, start: booking.slotStart, asOf: nil), by: AuditBed.auditor, limit: 10)
            #expect(answer.records.compactMap { $0["effect"]?.text } == ["opened", "caused", "caused", "taken"])
            #expect(answer.records[1]["eventId"] == .text("\(wish)"))
            #expect(answer.records[2]["causedBy"] == .text("\(wish)"))
            #expect(answer.records[3]["causedBy"] == .text("\(step)"))
        }
    }

    @Test("a time that begins no slot is refused")
    func refusesOffGrid() async throws {
        try await AuditBed.with { bed in
            let clinic = Clinic(bed)
            try await clinic.open()
            let odd = try clinic.start(of: 3).adding(minutes: 7)
            await #expect(throws: AuditRefusal.offGrid) {
                _ = try await bed.desk().answer(
                    .slot(clinic.id, start: odd, asOf: nil), by: AuditBed.auditor, limit: 1)
            }
        }
    }
}
