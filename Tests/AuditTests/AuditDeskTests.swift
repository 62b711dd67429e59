import Audit
import AuditReport
import Crypto
import Domain
import EventStore
import Postgres
import Testing

@Suite("Every question of an auditor is recorded before it is answered, or it is not answered")
struct AuditDeskTests {
    @Test("who asked, what, and how many rows, one fact a page; the questions are part of the history that is asked")
    func recordsQuestions() async throws {
        try await AuditBed.with { bed in
            let clinic = Clinic(bed)
            try await clinic.open()
            let booking = try clinic.booking(3)
            try await clinic.append(.created(booking))
            try await clinic.append(.cancelled(clinic.cancelled(booking)))
            let desk = bed.desk()
            let query = AuditQuery.events(
                .booking(booking.bookingID), AuditFilter(types: ["BookingCreated", "BookingCancelled"]))
            let first = try await desk.answer(query, by: AuditBed.auditor, limit: 1)
            let second = try await desk.answer(
                query, by: AuditBed.auditor, limit: 1, after: first.next, continuing: first.operation)
            #expect(first.records.map { $0["type"] } == [.text("BookingCreated")])
            #expect(second.records.map { $0["type"] } == [.text("BookingCancelled")])
            #expect(second.next == nil && second.operation == first.operation)

            let facts = try await bed.questions()
            #expect(facts.map(\.operation) == [.auditQuery, .auditQuery])
            #expect(facts.map(\.phase) == [.started, .finished])
            #expect(facts.allSatisfy { $0.operationID == first.operation && $0.country == .fr })
            #expect(
                facts[0].details == [
                    OperationDetail("query", "booking"), OperationDetail("booking_id", "\(booking.bookingID)"),
                    OperationDetail("types", "BookingCreated,BookingCancelled"), OperationDetail("rows", 1),
                ])
            let asked = try await desk.answer(
                .events(.everything, AuditFilter(types: ["OperationRecorded"])), by: AuditBed.auditor, limit: 10)
            #expect(asked.records.count == 2)
            #expect(asked.records[0]["actorSubject"] == .text("auditor-1"))
            #expect(asked.records[0]["correlationId"] == .text("request-1"))
        }
    }

    @Test("a question that cannot be recorded is not answered")
    func answersNothingUnrecorded() async throws {
        try await AuditBed.with { bed in
            let clinic = Clinic(bed)
            try await clinic.open()
            let readOnly = PGPool(
                url: bed.urls[0] + "&options=-c%20role%3Devent_reader", label: "reader", sessionsMax: 1)
            await #expect(throws: AuditRefusal.notRecorded("\(OperationsLogError.notPermitted)")) {
                _ = try await bed.desk(recordingTo: readOnly).answer(
                    .events(.practitioner(clinic.id), AuditFilter()), by: AuditBed.auditor, limit: 5)
            }
            await readOnly.close()
            let facts = try await bed.questions()
            #expect(facts.isEmpty)
        }
    }

    @Test("a question that meets a hole in the history is recorded, with what was missing, and refused")
    func recordsWhatItCouldNotAnswer() async throws {
        try await AuditBed.with { bed in
            let clinic = Clinic(bed)
            try await clinic.open()
            let exception = ScheduleException(
                id: ExceptionID(from: bed.identifiers), from: clinic.day, to: clinic.day.adding(days: 1),
                kind: .closed, sessions: [])
            try await clinic.append(
                .exceptionAdded(ExceptionAdded(practitionerID: clinic.id, country: .fr, exception: exception)))
            try await bed.run(
                """
                SET session_replication_role = replica;
                DELETE FROM events WHERE stream = '\(StreamName(clinic.id).text)' AND stream_version = 2;
                RESET session_replication_role
                """, bed.practitioner)
            let refusal = await #expect(throws: AuditRefusal.self) {
                _ = try await bed.desk().answer(
                    .slot(clinic.id, start: try clinic.start(of: 3), asOf: nil), by: AuditBed.auditor, limit: 5)
            }
            guard case .historyDiffers(let detail) = refusal else {
                Issue.record("refused for another reason: \(String(describing: refusal))")
                return
            }
            #expect(detail.hasPrefix("\(StreamName(clinic.id).text) lacks version 2"))
            let fact = try #require(try await bed.questions().first)
            #expect(fact.phase == .refused)
            #expect(fact.details.suffix(2) == [OperationDetail("rows", 0), OperationDetail("fault", detail)])
        }
    }

    @Test("a database that does not answer is called by its own name, and the question is recorded")
    func namesTheDatabase() async throws {
        try await AuditBed.with { bed in
            let clinic = Clinic(bed)
            try await clinic.open()
            let booking = try clinic.booking(3)
            let event = try await clinic.append(.created(booking))
            let away = PGPool(url: "postgresql://127.0.0.1:1/nobody", label: "away", sessionsMax: 2)
            let seals = AuditSeals(
                log: FileHeadLog(folder: "/nowhere", clock: bed.clock), publicKey: try Ed25519PrivateKey().publicKey,
                booking: away, practitioner: bed.practitioner, patient: bed.patient)
            let refusal = await #expect(throws: AuditRefusal.self) {
                _ = try await bed.desk(seals: seals).answer(.proof(event), by: AuditBed.auditor, limit: 5)
            }
            await away.close()
            guard case .unavailable("booking-database", _) = refusal else {
                Issue.record("called something else: \(String(describing: refusal))")
                return
            }
            #expect(try await bed.questions().map(\.phase) == [.refused])
        }
    }

    @Test("an auditor sees the country asked about and no other, also when the filter says so")
    func seesOneCountry() async throws {
        try await AuditBed.with { bed in
            let clinic = Clinic(bed)
            try await clinic.open()
            let german = AuditAsker(actor: AuditBed.auditor.actor, country: .de)
            let answer = try await bed.desk().answer(
                .events(.practitioner(clinic.id), AuditFilter(country: .fr)), by: german, limit: 5)
            #expect(answer.records.isEmpty)
            #expect(answer.columns.first == "recordedAt")
            await #expect(throws: AuditRefusal.badCursor) {
                _ = try await bed.desk().answer(
                    .events(.everything, AuditFilter()), by: german, limit: 5, after: [1, 2])
            }
        }
    }
}
