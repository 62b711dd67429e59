import Domain
import EventStore
import Kafka
import Postgres
import Synchronization
import TestSupport
import Testing

@Suite("Reading: continuity is checked, and a baseline ends exactly where its positions say")
struct ReaderTests {
    let make = EventMaker()

    @Test("positions are read in pages without a gap, from anywhere")
    func readsPositions() async throws {
        try await Store.with("read_positions") { store in
            for _ in 0..<5 { try await store.append(make.bookings(60)) }
            var settings = store.relayer("one", topic: nil, kafka: KafkaSettings(bootstrapServers: ""))
            settings.batchSize = 17
            try await store.relaying([settings]) { _ in
                try await eventually("all are stamped") { try await store.int("SELECT count(*) FROM outbox") == 0 }
            }
            let reader = EventReader(store.pool)
            for head in try await reader.heads() {
                var paged: [PositionedEvent] = []
                while true {
                    let page = try await reader.positions(
                        of: head.shard, after: paged.last?.position ?? 0, limit: 7)
                    if page.isEmpty { break }
                    paged += page
                }
                #expect(paged.map(\.position) == Array(1..<(head.stamped + 1)))
                #expect(paged.map(\.event.number) == paged.map(\.event.number).sorted())
                #expect(try await reader.positions(of: head.shard, after: head.stamped).isEmpty)
            }
        }
    }

    @Test("a hole in positions or in a stream is said, never passed over")
    func namesHoles() async throws {
        try await Store.with("read_holes") { store in
            try await store.append(make.bookings(200))
            var settings = store.relayer("one", topic: nil, kafka: KafkaSettings(bootstrapServers: ""))
            settings.batchSize = 10
            // Twenty batches take 70 ms; where other suites run, too, a lease of two seconds can end under them.
            settings.leaseDuration = .seconds(30)
            try await store.relaying([settings]) { _ in
                try await eventually("all are stamped", within: .seconds(60)) {
                    try await store.int("SELECT count(*) FROM outbox") == 0
                }
            }
            // Only somebody who takes the triggers away can do this.
            try await store.run(
                """
                ALTER TABLE outbox_stamps DISABLE TRIGGER USER;
                DELETE FROM outbox_stamps s
                WHERE first_position = (SELECT max(first_position) FROM outbox_stamps o
                                        WHERE o.shard = s.shard AND o.last_position < (SELECT max(last_position)
                                              FROM outbox_stamps l WHERE l.shard = s.shard)) AND first_position > 1;
                """)
            var holes = 0
            for shard in Shard.all {
                do {
                    _ = try await EventReader(store.pool).positions(of: shard, after: 0)
                } catch let error as EventStoreError {
                    guard case .hole(shard.number, _) = error else { throw error }
                    holes += 1
                }
            }
            #expect(holes > 0)

            let id = make.practitioners[0]
            for version in 1...3 as ClosedRange<Int64> {
                try await store.append([
                    EventToAppend(
                        .activated(PractitionerActivated(practitionerID: id, country: .fr)), version: version,
                        metadata: make.metadata())
                ])
            }
            try await store.run(
                """
                ALTER TABLE events DISABLE TRIGGER USER;
                DELETE FROM events WHERE stream = 'practitioner-\(id)' AND stream_version = 2
                """)
            await #expect(throws: EventStoreError.streamHole(StreamName(id), expectedVersion: 2)) {
                _ = try await EventReader(store.pool).stream(country: .fr, StreamName(id))
            }
        }
    }

    @Test("baseline plus what comes after P is everything, once, whatever is written and stamped meanwhile (G5)")
    func baselineEndsAtItsPositions() async throws {
        try await Store.with("read_baseline") { store in
            let settings = store.relayer("one", topic: nil, kafka: KafkaSettings(bootstrapServers: ""))
            let written = try await store.relaying([settings]) { relayers in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for round in 0..<60 {
                            try await store.append((0..<10).map { make.booking(round * 10 + $0) } + [move(round)])
                            relayers[0].wake()
                        }
                    }
                    for _ in 0..<5 {
                        let seen = Seen()
                        let heads = try await Baseline.withSnapshot(of: store.pool) { baseline in
                            try await baseline.read(BaselineFilter()) { event in seen.add(event) }
                            return baseline.heads
                        }
                        #expect(seen.counts == heads.prefix(Shard.count).map(\.stamped))
                    }
                    try await group.waitForAll()
                }
                try await eventually("all are stamped") { try await store.int("SELECT count(*) FROM outbox") == 0 }
                return 660
            }
            let seen = Seen()
            let count = try await Baseline.withSnapshot(of: store.pool) { baseline in
                try await Baseline.withSnapshot(named: baseline.snapshotName, of: store.pool) { beside in
                    #expect(beside.heads == baseline.heads)
                    return try await beside.read(BaselineFilter()) { event in seen.add(event) }
                }
            }
            #expect(count == Int64(written))
            #expect(seen.counts.reduce(0, +) == Int64(written + 60))
        }
    }

    private func move(_ round: Int) -> EventToAppend {
        EventToAppend(
            .rescheduled(
                BookingRescheduled(
                    bookingID: BookingID(from: make.ids), patientID: PatientID(from: make.ids), country: .de,
                    from: make.place(make.practitioners[round % 12]),
                    to: make.place(make.practitioners[12 + round % 12])
                )), version: 1, metadata: make.metadata())
    }

    /// Sides at or below P, by shard.
    private final class Seen: Sendable {
        private let sides = Mutex([Int64](repeating: 0, count: Shard.count))

        var counts: [Int64] { sides.withLock { $0 } }

        func add(_ event: BaselineEvent) {
            sides.withLock { sides in
                if event.isFirstSideStamped { sides[event.shard.number] += 1 }
                if let second = event.secondShard, event.isSecondSideStamped { sides[second.number] += 1 }
            }
        }
    }

    @Test("a filter brings what it says: country, shard, practitioner, days that still matter")
    func filters() async throws {
        try await Store.with("read_filter") { store in
            try await store.append(make.bookings(48) + [make.booking(0, country: .de)])
            try await store.append([
                EventToAppend(
                    .activated(PractitionerActivated(practitionerID: make.practitioners[0], country: .de)),
                    version: 1, metadata: make.metadata())
            ])
            let settings = store.relayer("one", topic: nil, kafka: KafkaSettings(bootstrapServers: ""))
            try await store.relaying([settings]) { _ in
                try await eventually("all are stamped") { try await store.int("SELECT count(*) FROM outbox") == 0 }
            }
            func count(_ filter: BaselineFilter) async throws -> Int64 {
                try await Baseline.withSnapshot(of: store.pool) { try await $0.read(filter) { _ in } }
            }
            let day = LocalDate(days: 20_717)
            #expect(try await count(BaselineFilter()) == 50)
            #expect(try await count(BaselineFilter(country: .de)) == 2)
            #expect(try await count(BaselineFilter(practitioner: make.practitioners[0])) == 4)
            #expect(try await count(BaselineFilter(relevantSince: day)) == 50)
            #expect(try await count(BaselineFilter(relevantSince: day.adding(days: 1))) == 1)
            var byShard: Int64 = 0
            for shard in Shard.all { byShard += try await count(BaselineFilter(shards: [shard])) }
            #expect(byShard == 50)
        }
    }

    @Test("what waits in the outbox is in no baseline")
    func leavesOutWhatHasNoPosition() async throws {
        try await Store.with("read_waiting") { store in
            try await store.append(make.bookings(10))
            let count = try await Baseline.withSnapshot(of: store.pool) { try await $0.read(BaselineFilter()) { _ in } }
            #expect(count == 0)
        }
    }
}
