import Domain
import Postgres
import ProjectionRunner
import TestSupport
import Testing

@testable import EventStore
@testable import SearchProjection

/// The model from its records: live, delivered twice, and built anew from the event store.
@Suite struct SearchModelTests {
    /// Free slots from a table instead of the bitmaps.
    private struct TableAvailability: BaselineAvailability {
        let changes: [PractitionerID: AvailabilityChanged]

        func free(of keys: [SearchKey]) async throws -> [BaselineFree] {
            keys.compactMap { changes[$0.practitioner].map { BaselineFree($0, asOf: SearchBed.now) } }
        }
    }

    private static let people = (1...30).map { SearchPerson(number: UInt64($0), name: "Dr N\($0) Martin") }

    private static func change(_ person: SearchPerson) -> AvailabilityChanged {
        person.availability(
            ["2026-11-20": [3], "2026-11-25": [Int(person.number) % 24]], next: "2026-11-20T09:30:00+01:00", booking: 4,
            practitioner: 2)
    }

    private func model(_ bed: SearchBed) -> SearchModel {
        SearchModel(
            engine: bed.engine, practitioners: PractitionerHistory(bed.pool),
            availability: TableAvailability(
                changes: Dictionary(uniqueKeysWithValues: Self.people.map { ($0.id, Self.change($0)) })),
            clock: bed.clock)
    }

    @Test func liveTwiceAndBaselineAreEqual() async throws {
        try await SearchBed.with { bed in
            try await bed.store(Self.people)
            let model = model(bed)
            for partition in Shard.all {
                let history = try await EventReader(bed.pool).positions(of: partition, after: 0)
                let batch = Self.batch(partition, history)
                try await bed.begin(partition)
                try await model.apply(batch)
                let live = try await model.digest(of: partition)
                try await model.apply(batch)
                #expect(try await model.digest(of: partition) == live, "delivered twice")

                let checkpoint = try await model.takeBaseline(
                    of: partition, ends: [.practitionerEvents: 7, .availabilityEvents: 8])
                #expect(try await model.digest(of: partition) == live, "from the store")
                #expect(checkpoint[.practitionerEvents].sequence == Int64(history.count))
                #expect(checkpoint[.availabilityEvents].nextOffset == 8)
                let stored = try await model.checkpoint(of: partition)
                #expect(stored == checkpoint)
            }
            // Everybody whose number is a multiple of three was deactivated.
            #expect(try await bed.found(SearchQuestion(), limit: 50).count == 20)
        }
    }

    @Test("a rebuild that midnight passes is read back as it was folded")
    func rebuiltAcrossMidnight() async throws {
        try await SearchBed.with { bed in
            try await bed.store(Self.people)
            let model = model(bed)
            let built = try await model.rebuild(RebuildOrder(Shard.all, ends: [:]))
            bed.clock.advance(seconds: 86_400)
            for partition in built {
                #expect(try await model.held(partition) == partition.folded)
            }
            // The day that is over has free slots, so that a digest of today would be another one.
            var differing = 0
            for partition in built where try await model.digest(of: partition.partition) != partition.folded {
                differing += 1
            }
            #expect(differing > 0)
        }
    }

    @Test func tickConfirmsThatItIsCaughtUp() async throws {
        try await SearchBed.with { bed in
            let model = model(bed)
            for partition in Shard.all {
                let checkpoint = try await model.takeBaseline(of: partition, ends: [:])
                try await model.tick(
                    partition, ProjectionProgress(lagEvents: 0, caughtUpAt: bed.clock.now(), checkpoint: checkpoint))
            }
            #expect(try await !bed.engine.freshness(of: code("fr"), now: bed.clock.now()).isDegraded)
        }
    }

    @Test func saysWhatItCannotTakeIn() async throws {
        try await SearchBed.with { bed in
            let person = Self.people[0]
            let partition = Shard(of: person.id)
            let update = PractitionerEvent.updated(
                PractitionerUpdated(practitionerID: person.id, country: person.country, displayName: "Dr X"))
            let orphan = Self.positioned(update.wireType, EventCodec.encode(update), of: person, at: 1)
            await #expect(throws: ProjectionFault.modelLost) {
                try await model(bed).apply(Self.batch(partition, [orphan], free: []))
            }
        }
    }

    /// The stored events, with a change of free slots of everybody in the partition in front and behind; those have no
    /// positions.
    private static func batch(
        _ partition: Shard, _ history: [PositionedEvent], free people: [SearchPerson] = people
    ) -> ProjectionBatch {
        let changes = people.filter { Shard(of: $0.id) == partition }.map { person in
            ProjectionRecord(
                positioned(AvailabilityChanged.wireType, EventCodec.encode(change(person)), of: person, at: 0),
                topic: .availabilityEvents)
        }
        let events = history.map { ProjectionRecord($0, topic: .practitionerEvents) }
        return ProjectionBatch(
            partition: partition, records: changes.prefix(2) + events + changes,
            previous: ProjectionCheckpoint(positions: []),
            checkpoint: ProjectionCheckpoint(
                positions: [
                    TopicPosition(topic: .practitionerEvents, sequence: history.last?.position ?? 0, nextOffset: 5),
                    TopicPosition(topic: .availabilityEvents, sequence: 0, nextOffset: 9),
                ], asOf: SearchBed.now))
    }

    private static func positioned(
        _ type: WireType, _ data: [UInt8], of person: SearchPerson, at position: Int64
    ) -> PositionedEvent {
        PositionedEvent(
            position: position, side: 0,
            event: StoredEvent(
                country: person.country, number: position, recordedAt: SearchBed.now, stream: StreamName(person.id),
                version: position, wireType: type, data: data, metadata: metadata(EventID(high: 0, low: person.number)),
                keys: [RecordKey(person.id)]))
    }

    fileprivate static func metadata(_ id: EventID) -> EventMetadata {
        EventMetadata(
            eventID: id, occurredAt: SearchBed.now, correlationID: "test", actorRole: "staff", actorSubject: "test")
    }
}

extension SearchBed {
    /// Registers people in the event store and deactivates every third; gives all events their positions.
    fileprivate func store(_ people: [SearchPerson]) async throws {
        let ids = SeededIdentifiers()
        var events: [EventToAppend] = []
        for person in people {
            events.append(
                EventToAppend(
                    .registered(person.registered), version: 1, metadata: SearchModelTests.metadata(EventID(from: ids)))
            )
            if person.number % 3 == 0 {
                let off = PractitionerDeactivated(practitionerID: person.id, country: person.country)
                events.append(
                    EventToAppend(
                        .deactivated(off), version: 2, metadata: SearchModelTests.metadata(EventID(from: ids))))
            }
        }
        let append = EventAppend(events)
        let results = try await pool.transaction { session in try await session.pipeline(append.steps) }
        _ = try append.verify(results)
        _ = try await pool.query(
            SQLStatement(
                name: "stamp_everything",
                text: """
                    INSERT INTO outbox_stamps
                    SELECT shard, 1, count(*), array_agg(outbox_id ORDER BY outbox_id), min(recorded_at),
                           max(recorded_at),
                           now(), 1
                    FROM outbox GROUP BY shard
                    """))
    }
}
