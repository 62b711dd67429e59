import Domain
import Postgres
import ProjectionRunner
import TestSupport
import Testing

@testable import EventStore
@testable import SearchProjection

/// Search while somebody waits: what is not known is not shown, and nobody else notices.
@Suite("G10 search says of those in quarantine that it does not know", .serialized)
struct SearchQuarantineTests {
    /// Free slots as the pages would say.
    private struct TablePages: BaselineAvailability {
        let free: [PractitionerID: AvailabilityChanged]

        func free(of keys: [SearchKey]) async throws -> [BaselineFree] {
            keys.compactMap { key in free[key.practitioner].map { BaselineFree($0, asOf: SearchBed.now) } }
        }
    }

    private static let unreadable = WireType("PractitionerUpdated", dataVersion: 9)

    /// Two in one partition.
    private static let pair: (sick: SearchPerson, well: SearchPerson) = {
        let sick = SearchPerson(number: 1, name: "Dr Sick Martin")
        var well = SearchPerson(number: 2, name: "Dr Well Martin")
        while Shard(of: well.id) != Shard(of: sick.id) { well.number += 1 }
        return (sick, well)
    }()

    private static func free(_ person: SearchPerson) -> AvailabilityChanged {
        person.availability(
            ["2026-11-20": [3, 4]], next: "2026-11-20T09:30:00+01:00", booking: 4, practitioner: 2)
    }

    private static func model(_ bed: SearchBed) -> SearchModel {
        SearchModel(
            engine: bed.engine, practitioners: PractitionerHistory(bed.pool),
            availability: TablePages(free: [pair.sick.id: free(pair.sick), pair.well.id: free(pair.well)]),
            clock: bed.clock)
    }

    private static func tick(_ bed: SearchBed, _ model: SearchModel, _ partition: Shard) async throws {
        let checkpoint = try #require(try await model.checkpoint(of: partition))
        try await model.tick(
            partition, ProjectionProgress(lagEvents: 0, caughtUpAt: bed.clock.now(), checkpoint: checkpoint))
    }

    /// Builds all partitions, so that only quarantine can degrade an answer.
    private static func build(_ bed: SearchBed, _ model: SearchModel) async throws {
        for partition in Shard.all {
            _ = try await model.takeBaseline(
                of: partition, ends: [.practitionerEvents: 0, .availabilityEvents: 0])
            try await tick(bed, model, partition)
        }
    }

    private static func slots(_ bed: SearchBed) async throws -> [String: Int?] {
        let hits = try await bed.queries.search(SearchQuestion(), in: SearchBed.france, limit: 10).hits
        return Dictionary(uniqueKeysWithValues: hits.map { ($0.profile.displayName, $0.freeSlots) })
    }

    private static func isDegraded(_ bed: SearchBed) async throws -> Bool {
        try await bed.engine.freshness(of: code("fr"), now: bed.clock.now()).isDegraded
    }

    @Test("a profile that cannot be read hides the free slots of one, and skip brings them back")
    func unreadableProfile() async throws {
        try await SearchBed.with { bed in
            let (sick, well) = Self.pair
            let partition = Shard(of: sick.id)
            let model = Self.model(bed)
            try await bed.keep([.registered(sick.registered), .registered(well.registered)])
            try await Self.build(bed, model)
            #expect(try await Self.slots(bed) == ["Dr Sick Martin": 2, "Dr Well Martin": 2])
            #expect(try await !Self.isDegraded(bed))

            try await bed.keepRaw(sick, version: 2, Self.unreadable)
            try await bed.keep(
                [
                    .updated(PractitionerUpdated(practitionerID: sick.id, country: sick.country, displayName: "Dr S")),
                    .updated(PractitionerUpdated(practitionerID: well.id, country: well.country, displayName: "Dr W")),
                ], versions: [3, 2])
            try await bed.deliver(partition, to: model)
            #expect(try await Self.slots(bed) == ["Dr Sick Martin": nil, "Dr W": 2])
            #expect(try await Self.isDegraded(bed))
            #expect(model.quarantined(in: partition) == 1)

            let restarted = Self.model(bed)
            try await Self.tick(bed, restarted, partition)
            #expect(try await Self.slots(bed) == ["Dr Sick Martin": nil, "Dr W": 2], "a restart keeps it")
            let office = QuarantineOffice(bed.pool)
            let entry = try #require(try await office.entries(model: "search").first)
            #expect(entry.waiting == 1)
            let retried = try await office.request(.retry, for: [entry.id], reason: "", by: "tester@here")
            try await Self.tick(bed, restarted, partition)
            let failed = try await office.answers(to: Array(retried.values)).first
            #expect(failed?.failure?.contains("written by a newer program") == true)
            let skipped = try await office.request(.skip, for: [entry.id], reason: "a test", by: "tester@here")
            try await Self.tick(bed, restarted, partition)
            #expect(try await office.answers(to: Array(skipped.values)).first?.drained == 1)
            #expect(try await Self.slots(bed) == ["Dr S": 2, "Dr W": 2], "what was behind it is in")
            try await Self.tick(bed, restarted, partition)
            #expect(try await !Self.isDegraded(bed))
            let live = try await restarted.digest(of: partition)
            _ = try await restarted.takeBaseline(of: partition, ends: [:])
            #expect(try await restarted.digest(of: partition) == live, "a baseline leaves it out too")
        }
    }

    @Test("whoever waits in availability has unknown slots here within a tick, and known ones when it is over")
    func availabilityWaits() async throws {
        try await SearchBed.with { bed in
            let (sick, well) = Self.pair
            let partition = Shard(of: sick.id)
            let model = Self.model(bed)
            try await bed.keep([.registered(sick.registered), .registered(well.registered)])
            try await Self.build(bed, model)
            let pages = Quarantine(model: "availability", epoch: 1, pool: bed.pool)
            try await pages.load(partition)
            try await pages.admit(
                [
                    QuarantineCause(
                        sick.id, country: sick.country, topic: .bookingEvents, position: 9, eventID: nil,
                        WireType("BookingTeleported"), fault: "no event of this name is known")
                ], partition)
            try await Self.tick(bed, model, partition)
            #expect(try await Self.slots(bed) == ["Dr Sick Martin": nil, "Dr Well Martin": 2])
            #expect(try await Self.isDegraded(bed))

            try await pages.settle(partition, unreadable: [])
            try await Self.tick(bed, model, partition)
            #expect(try await Self.slots(bed) == ["Dr Sick Martin": 2, "Dr Well Martin": 2])
            #expect(try await !Self.isDegraded(bed))
        }
    }
}

extension SearchBed {
    private static let stamp = SQLStatement(
        name: "stamp_everything",
        text: """
            WITH waiting AS (DELETE FROM outbox RETURNING shard, outbox_id, recorded_at)
            INSERT INTO outbox_stamps
            SELECT w.shard, h.last + 1, h.last + count(*), array_agg(w.outbox_id ORDER BY w.outbox_id),
                   min(w.recorded_at), max(w.recorded_at), now(), 1
            FROM waiting w
            CROSS JOIN LATERAL (
                SELECT COALESCE(max(last_position), 0) AS last FROM outbox_stamps s WHERE s.shard = w.shard) AS h
            GROUP BY w.shard, h.last
            """)

    /// Stores events of practitioners and gives them their positions.
    fileprivate func keep(_ events: [PractitionerEvent], versions: [Int64] = []) async throws {
        try await keep(
            events.enumerated().map { index, event in
                EventToAppend(
                    event, version: versions.isEmpty ? 1 : versions[index],
                    metadata: Self.metadata(event.practitionerID, versions.isEmpty ? 1 : versions[index]))
            })
    }

    /// Stores an event as a newer program writes it.
    fileprivate func keepRaw(_ person: SearchPerson, version: Int64, _ type: WireType) async throws {
        try await keep([
            EventToAppend(
                country: person.country, stream: StreamName(person.id), version: version, wireType: type,
                data: Array("{}".utf8), metadata: Self.metadata(person.id, version), keys: [RecordKey(person.id)])
        ])
    }

    private static func metadata(_ id: PractitionerID, _ version: Int64) -> EventMetadata {
        EventMetadata(
            eventID: EventID(high: id.low, low: UInt64(version)), occurredAt: now, correlationID: "test",
            actorRole: "staff", actorSubject: "test")
    }

    private func keep(_ events: [EventToAppend]) async throws {
        let append = EventAppend(events)
        let results = try await pool.transaction { session in try await session.pipeline(append.steps) }
        _ = try append.verify(results)
        _ = try await pool.query(Self.stamp)
    }

    /// Brings the model what it does not have yet, as its lane does.
    fileprivate func deliver(_ partition: Shard, to model: SearchModel) async throws {
        guard let before = try await model.checkpoint(of: partition) else { return }
        let events = try await EventReader(pool).positions(
            of: partition, after: before[.practitionerEvents].sequence)
        guard let last = events.last else { return }
        var after = before
        after.set(TopicPosition(topic: .practitionerEvents, sequence: last.position))
        try await model.apply(
            ProjectionBatch(
                partition: partition, records: events.map { ProjectionRecord($0, topic: .practitionerEvents) },
                previous: before, checkpoint: after))
    }
}
