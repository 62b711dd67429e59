import Audit
import AuditReport
import AvailabilityProjection
import Domain
import EventStore
import Postgres
import ProjectionRunner
import Testing

@Suite("Availability as of an instant: what was true, and what the page showed (G10: unknown is said)")
struct AsOfTests {
    private static let model = "availability"
    private static let morning = "111111110000000000000000"
    private static let withoutThird = "111011110000000000000000"

    private func day(
        _ clinic: Clinic, at moment: Instant, _ date: LocalDate? = nil, asking pool: PGPool? = nil,
        present: @escaping AvailabilityHistory.Present = { _ in nil }
    ) async throws -> AuditRecord {
        let answer = try await clinic.bed.desk(asking: pool, present: present).answer(
            .availability(clinic.id, asOf: moment, from: date ?? clinic.day, days: 1), by: AuditBed.auditor, limit: 10)
        return try #require(answer.records.first)
    }

    private func expect(
        _ record: AuditRecord, true wasTrue: String, shown: String?, _ state: String, _ comment: Comment,
        at location: SourceLocation = #_sourceLocation
    ) {
        #expect(record["wasTrue"] == .text(wasTrue), comment, sourceLocation: location)
        #expect(record["wasShown"] == shown.map(AuditValue.text) ?? .null, comment, sourceLocation: location)
        #expect(record["shownState"] == .text(state), comment, sourceLocation: location)
        #expect(record["differs"] == shown.map { .bool($0 != wasTrue) } ?? .null, comment, sourceLocation: location)
    }

    @Test("before a booking, between its commit and the page, and after the page")
    func tellsBothSenses() async throws {
        try await AuditBed.with { bed in
            let clinic = Clinic(bed)
            try await clinic.open()
            try await bed.stamp()
            let journal = ProgressJournal(pool: bed.practitioner, clock: bed.clock)
            let beforeAnyPage = bed.clock.now()
            journal.begin(Self.model, epoch: 1, clinic.shard, at: try await clinic.checkpoint(), isExact: true)
            let before = bed.clock.now()
            let booked = try await clinic.append(.created(try clinic.booking(3)))
            try await bed.stamp()
            let between = bed.clock.now()
            let checkpoint = try await clinic.checkpoint()
            journal.note(Self.model, epoch: 1, clinic.shard, checkpoint, since: bed.clock.now())
            let after = bed.clock.now()
            await journal.end(Self.model, epoch: 1, clinic.shard)

            expect(
                try await day(clinic, at: beforeAnyPage), true: Self.morning, shown: nil, "unknown",
                "nothing was recorded yet")
            expect(try await day(clinic, at: before), true: Self.morning, shown: Self.morning, "page", "before")
            let late = try await day(clinic, at: between)
            expect(late, true: Self.withoutThird, shown: Self.morning, "page", "committed, not in the page")
            #expect(late["explainedBy"]?.text.contains("\(booked)") == true)
            #expect(late["bookingPosition"] == .int(0))
            let settled = try await day(clinic, at: after)
            expect(settled, true: Self.withoutThird, shown: Self.withoutThird, "page", "in the page")
            #expect(settled["explainedBy"] == .json(Array("[]".utf8)))

            // Long after the last row: only where the pages still stand there is it known that nothing happened.
            let reader = try await bed.asReader { try await day(clinic, at: after, asking: $0) }
            #expect(reader == settled, "a role that may only read the practitioner database can ask all the same")
            let never = bed.clock.now().adding(seconds: 120)
            await #expect(throws: AuditRefusal.self, "what has not come yet is nobody's to answer") {
                _ = try await day(clinic, at: never)
            }
            let later = bed.clock.now().adding(seconds: 30)
            expect(
                try await day(clinic, at: later), true: Self.withoutThird, shown: nil, "unknown", "nobody can say")
            expect(
                try await day(clinic, at: later, present: { _ in (1, checkpoint) }), true: Self.withoutThird,
                shown: Self.withoutThird, "page", "the pages still stand there")
            var moved = checkpoint
            moved.set(TopicPosition(topic: .bookingEvents, sequence: checkpoint[.bookingEvents].sequence + 5))
            expect(
                try await day(clinic, at: later, present: { [moved] _ in (1, moved) }), true: Self.withoutThird,
                shown: Self.withoutThird, "page", "what came since is not about this day")
        }
    }

    @Test("a batch that was being written leaves open what it touched, and nothing else")
    func saysWhatIsOpen() async throws {
        try await AuditBed.with { bed in
            let clinic = Clinic(bed)
            try await clinic.open()
            try await bed.stamp()
            let journal = ProgressJournal(pool: bed.practitioner, clock: bed.clock)
            journal.begin(Self.model, epoch: 1, clinic.shard, at: try await clinic.checkpoint(), isExact: true)
            try await clinic.append(.created(try clinic.booking(3)))
            try await bed.stamp()
            let began = bed.clock.now()
            let during = bed.clock.now().adding(seconds: 0)
            let checkpoint = try await clinic.checkpoint()
            journal.note(Self.model, epoch: 1, clinic.shard, checkpoint, since: began)
            await journal.end(Self.model, epoch: 1, clinic.shard)
            expect(
                try await day(clinic, at: during), true: Self.withoutThird, shown: nil, "unknown",
                "it may have shown it")
            expect(
                try await day(clinic, at: during, clinic.day.adding(days: 1)), true: Self.morning, shown: Self.morning,
                "page", "another day is not touched")
        }
    }

    @Test("a closure that the page had not taken in explains the difference; a far day is computed")
    func explainsClosures() async throws {
        try await AuditBed.with { bed in
            let clinic = Clinic(bed)
            try await clinic.open()
            try await bed.stamp()
            let journal = ProgressJournal(pool: bed.practitioner, clock: bed.clock)
            journal.begin(Self.model, epoch: 1, clinic.shard, at: try await clinic.checkpoint(), isExact: true)
            let closure = try await clinic.append(
                .exceptionAdded(
                    ExceptionAdded(
                        practitionerID: clinic.id, country: .fr,
                        exception: ScheduleException(
                            id: ExceptionID(from: bed.identifiers), from: clinic.day, to: clinic.day.adding(days: 1),
                            kind: .closed, sessions: []))))
            try await bed.stamp()
            let between = bed.clock.now()
            journal.note(
                Self.model, epoch: 1, clinic.shard, try await clinic.checkpoint(), since: bed.clock.now())
            await journal.end(Self.model, epoch: 1, clinic.shard)
            let nothing = String(repeating: "0", count: 24)
            let record = try await day(clinic, at: between)
            expect(record, true: nothing, shown: Self.morning, "page", "closed, and the page did not know")
            #expect(record["explainedBy"]?.text.contains("\(closure)") == true)
            expect(
                try await day(clinic, at: between, clinic.day.adding(days: 40)), true: Self.morning,
                shown: Self.morning, "computed", "too far off for a page")
        }
    }

    @Test("who waited in quarantine was shown as unknown, and what was skipped is not in the page")
    func tellsQuarantine() async throws {
        try await AuditBed.with { bed in
            let clinic = Clinic(bed)
            try await clinic.open()
            let journal = ProgressJournal(pool: bed.practitioner, clock: bed.clock)
            let booked = try await clinic.append(.created(try clinic.booking(3)))
            try await bed.stamp()
            journal.begin(Self.model, epoch: 1, clinic.shard, at: try await clinic.checkpoint(), isExact: true)
            let waiting = bed.clock.now()
            try await bed.run(
                """
                INSERT INTO quarantine (model, epoch, kafka_partition, practitioner_id, topic, event_id, event_type,
                                        data_version, reason, since, ended_at, outcome)
                VALUES ('availability', 1, \(clinic.shard.number), '\(clinic.id)', 'booking-events', '\(booked)',
                        'BookingCreated', 1, 'test', now() - interval '1 hour', clock_timestamp(), 'skipped');
                INSERT INTO quarantine_skips (quarantine_id, model, practitioner_id, topic, event_id, event_type,
                                              data_version, fault, reason, actor, skipped_at)
                SELECT quarantine_id, model, practitioner_id, topic, event_id, event_type, data_version, 'test', 'test',
                       'ada', ended_at
                FROM quarantine
                """, bed.practitioner)
            let after = bed.clock.now()
            journal.note(Self.model, epoch: 1, clinic.shard, try await clinic.checkpoint(), since: bed.clock.now())
            await journal.end(Self.model, epoch: 1, clinic.shard)
            expect(try await day(clinic, at: waiting), true: Self.withoutThird, shown: nil, "quarantined", "it waits")
            let skipped = try await day(clinic, at: after)
            expect(skipped, true: Self.withoutThird, shown: Self.morning, "page", "the page does without")
            #expect(skipped["explainedBy"]?.text.contains("\(booked)") == true)
        }
    }

    @Test("nobody, and a practitioner of another country, are unknown")
    func refusesOthers() async throws {
        try await AuditBed.with { bed in
            let clinic = Clinic(bed)
            let before = bed.clock.now()
            try await clinic.open()
            let german = AuditAsker(actor: AuditBed.auditor.actor, country: .de)
            for (asker, moment) in [(german, bed.clock.now()), (AuditBed.auditor, before)] {
                await #expect(throws: AuditRefusal.unknownPractitioner) {
                    _ = try await bed.desk().answer(
                        .availability(clinic.id, asOf: moment, from: nil, days: 1), by: asker, limit: 1)
                }
            }
        }
    }
}
