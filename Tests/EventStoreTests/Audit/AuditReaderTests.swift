import Domain
import Postgres
import TestSupport
import Testing

@testable import EventStore

@Suite("Auditing: what happened, in order, whatever is written meanwhile")
struct AuditReaderTests {
    @Test("the history of a booking, of its practitioners and of its patient, out of all databases by time")
    func tellsHistories() async throws {
        try await AuditLedger.with("audit_hist") { ledger in
            let make = ledger.make
            let (first, second) = (make.practitioners[0], make.practitioners[1])
            let created = make.created(first)
            try await ledger.practitioner.append([
                EventToAppend(
                    .deactivated(PractitionerDeactivated(practitionerID: first, country: .fr)), version: 1,
                    metadata: make.metadata())
            ])
            try await ledger.patient.append([
                EventToAppend(
                    .registered(PatientChange(patientID: created.patientID, country: .fr, changedFields: ["email"])),
                    version: 1, metadata: make.metadata())
            ])
            try await ledger.booking.append([
                EventToAppend(.created(created), version: 1, metadata: make.metadata())
            ])
            try await ledger.booking.append(make.bookings(50))
            let moved = BookingRescheduled(
                bookingID: created.bookingID, patientID: created.patientID, country: .fr, from: make.place(first),
                to: make.place(second))
            try await ledger.booking.append([
                EventToAppend(.rescheduled(moved), version: 2, metadata: make.metadata())
            ])
            try await ledger.stamp()

            let booking = try await ledger.pages(.booking(created.bookingID), limit: 1)
            #expect(booking.map(\.event.wireType.name) == ["BookingCreated", "BookingRescheduled"])
            #expect(booking[1].places.map(\.shard) == [RecordKey(first).shard, RecordKey(second).shard])
            for event in booking {
                for (place, key) in zip(event.places, event.event.keys) {
                    let position = try #require(place.position)
                    let stamped = try await EventReader(ledger.booking.pool).positions(
                        of: place.shard, after: position - 1, limit: 1)
                    #expect(stamped.first?.event.number == event.event.number)
                    #expect(stamped.first?.key == key)
                }
            }
            let patient = try await ledger.pages(.patient(created.patientID), limit: 2)
            #expect(patient.map(\.database) == [.patient, .booking, .booking])
            for (practitioner, types) in [
                (first, ["PractitionerDeactivated", "BookingCreated", "BookingRescheduled"]),
                (second, ["BookingRescheduled"]),
            ] {
                let history = try await ledger.pages(.practitioner(practitioner), limit: 2)
                let own = history.filter {
                    $0.database == .practitioner || $0.event.stream == StreamName(created.bookingID)
                }
                #expect(own.map(\.event.wireType.name) == types)
                #expect(history.map(\.event.recordedAt) == history.map(\.event.recordedAt).sorted())
            }
            #expect(
                try await ledger.reader.all(.event(booking[0].event.metadata.eventID), AuditFilter()) == [booking[0]])
        }
    }

    @Test("a transaction that draws its numbers early and commits between two pages is in none of them")
    func holdsStillForLateCommits() async throws {
        try await AuditLedger.with("audit_late") { ledger in
            let make = ledger.make
            try await ledger.booking.append(make.bookings(5))
            let late = make.booking(7)
            let events = try await ledger.booking.pool.withSession { session in
                _ = try await session.pipeline([PGStep(.begin)] + EventAppend([late]).steps)
                try await ledger.booking.append(make.bookings(10))  // greater numbers, committed first
                return try await ledger.pages(.everything, limit: 4) { page in
                    if page == 1 {
                        _ = try await session.query(.commit)
                        try await ledger.booking.append(make.bookings(3))
                    }
                }
            }
            #expect(events.count == 15)
            #expect(Set(events.map(\.event.number)).count == 15)
            #expect(!events.contains { $0.event.stream == late.stream })
            let again = try await ledger.pages(.everything, limit: 4)
            #expect(again.count == 19)
            #expect(again.contains { $0.event.stream == late.stream })
        }
    }

    @Test("pages of a busy hour neither skip nor repeat: writers that commit in any order, roll back, and wait")
    func isStableUnderAStorm() async throws {
        let random = SeededRandom()
        try await AuditLedger.with("audit_storm") { ledger in
            let make = ledger.make
            try await ledger.booking.append(make.bookings(200))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<6 {
                    group.addTask {
                        var random = SeededRandom(seed: random.seed &+ UInt64(writer))
                        for _ in 0..<40 {
                            let events = make.bookings(Int.random(in: 1...4, using: &random))
                            let pause = Int64.random(in: 0...20, using: &random)
                            let rollsBack = Int.random(in: 0..<6, using: &random) == 0
                            let store = writer % 2 == 0 ? ledger.booking : ledger.practitioner
                            try await store.pool.withSession { session in
                                _ = try await session.pipeline([PGStep(.begin)] + EventAppend(events).steps)
                                try await Task.sleep(for: .milliseconds(pause))
                                _ = try await session.query(rollsBack ? .rollback : .commit)
                            }
                        }
                    }
                }
                for _ in 0..<8 {
                    // The whole answer at once, read in the snapshots of its cursor, is what the pages must add up to.
                    let first = try await ledger.reader.page(.everything, AuditFilter(), limit: 37)
                    var paged = first.events
                    var cursor = first.next
                    while let place = cursor {
                        let page = try await ledger.reader.page(.everything, AuditFilter(), limit: 37, after: place)
                        paged += page.events
                        cursor = page.next
                    }
                    let whole = try await ledger.reader.page(
                        .everything, AuditFilter(), limit: AuditReader.limitMax,
                        after: first.next.map { AuditCursor(bounds: $0.bounds, mark: .beginning) })
                    #expect(paged.map(\.mark) == whole.events.map(\.mark), "seed \(random.seed)")
                    #expect(Set(paged.map(\.event.metadata.eventID)).count == paged.count, "seed \(random.seed)")
                }
                try await group.waitForAll()
            }
        }
    }

    struct Filtered: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let filter: AuditFilter
        let count: Int
    }

    static let filters = [
        Filtered(testDescription: "everything", filter: AuditFilter(), count: 13),
        Filtered(testDescription: "one country", filter: AuditFilter(country: .de), count: 3),
        Filtered(testDescription: "a type", filter: AuditFilter(types: ["PatientRegistered"]), count: 1),
        Filtered(
            testDescription: "two types", filter: AuditFilter(types: ["PatientRegistered", "BookingCreated"]), count: 12
        ),
        Filtered(testDescription: "no such type", filter: AuditFilter(types: ["BookingLost"]), count: 0),
        Filtered(testDescription: "a role", filter: AuditFilter(actorRole: "operator"), count: 1),
        Filtered(testDescription: "a subject", filter: AuditFilter(actorSubject: "staff-1"), count: 12),
        Filtered(
            testDescription: "from the future", filter: AuditFilter(from: Instant(seconds: 9_000_000_000)), count: 0),
        Filtered(testDescription: "to the past", filter: AuditFilter(to: Instant(seconds: 1_000_000_000)), count: 0),
    ]

    @Test("events by country, type, actor and time", arguments: filters)
    func narrows(_ example: Filtered) async throws {
        try await AuditLedger.with("audit_filter") { ledger in
            let make = ledger.make
            try await ledger.booking.append(make.bookings(8))
            try await ledger.booking.append((0..<3).map { make.booking($0, country: .de) })
            try await ledger.patient.append([
                EventToAppend(
                    .registered(PatientChange(patientID: PatientID(from: make.ids), country: .fr, changedFields: [])),
                    version: 1, metadata: make.metadata())
            ])
            try await OperationsLog(
                booking: ledger.booking.pool, identifiers: make.ids, clock: FixedClock(Instant(seconds: 0))
            ).record(
                OperationFact(
                    operation: OperationID(from: make.ids), .drop, .finished,
                    by: OperationActor(role: "operator", subject: "ada")))
            #expect(try await ledger.pages(.everything, example.filter, limit: 3).count == example.count)
        }
    }

    @Test("a stretch of time is half-open: an event at its end belongs to the next one")
    func isHalfOpen() async throws {
        try await AuditLedger.with("audit_range") { ledger in
            for index in 0..<3 { try await ledger.booking.append([ledger.make.booking(index)]) }
            let all = try await ledger.pages(.everything, limit: 10)
            let middle = all[1].event.recordedAt
            #expect(try await ledger.pages(.everything, AuditFilter(from: middle), limit: 10) == Array(all[1...]))
            #expect(try await ledger.pages(.everything, AuditFilter(to: middle), limit: 10) == Array(all[..<1]))
        }
    }

    @Test("what has no position yet says so")
    func saysUnstamped() async throws {
        try await AuditLedger.with("audit_unstamped") { ledger in
            try await ledger.booking.append([ledger.make.booking(0)])
            #expect(try await ledger.pages(.everything, limit: 5).map { $0.places.map(\.position) } == [[nil]])
        }
    }

    @Test("a role that may only read can ask everything")
    func asksAsReader() async throws {
        try await AuditLedger.with("audit_role") { ledger in
            try await ledger.booking.append([ledger.make.booking(0)])
            let pools = [ledger.booking, ledger.practitioner, ledger.patient].map {
                PGPool(url: $0.database.url + "&options=-c%20role%3Devent_reader", label: "reader", sessionsMax: 1)
            }
            let reader = AuditReader(booking: pools[0], practitioner: pools[1], patient: pools[2])
            let count = try await reader.all(.everything, AuditFilter()).count
            for pool in pools { await pool.close() }
            #expect(count == 1)
        }
    }
}

extension AuditCursor.Mark {
    /// Before everything.
    fileprivate static let beginning = AuditCursor.Mark(
        recordedAt: Instant(seconds: 0), database: .booking, number: 0)
}
