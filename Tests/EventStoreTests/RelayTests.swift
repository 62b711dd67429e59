import Domain
import EventStore
import Kafka
import Observability
import Postgres
import TestSupport
import Testing

@Suite("Relaying: every committed event, in order, with a dense sequence (G4)")
struct RelayTests {
    let make = EventMaker()

    @Test("records are CloudEvents as the contract says, under the practitioner's key and partition")
    func publishesCloudEvents() async throws {
        try await Store.with("relay_headers") { store in
            try await withBroker { broker in
                let created = make.created(make.practitioners[3], country: .de)
                var metadata = make.metadata(trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                metadata.causationID = "cause-1"
                let event = EventToAppend(.created(created), version: 1, metadata: metadata)
                try await store.append([event])
                let published = try await store.relaying([
                    store.relayer("one", topic: .bookingEvents, kafka: broker.settings)
                ]) { _ in
                    try await store.drained()
                    return try await Published.read(
                        Topic.bookingEvents.name, from: broker.settings, upTo: EventReader(store.pool).heads())
                }
                #expect(published.places.count == 1)
                let record = try #require(published.records.first)
                #expect(record.key == make.practitioners[3].description)
                #expect(record.shard == RecordKey(make.practitioners[3]).shard.number)
                #expect(record.value == event.data)
                #expect(
                    record.headers == [
                        "ce_specversion": "1.0", "ce_id": metadata.eventID.description, "ce_type": "BookingCreated",
                        "ce_source": "/de/booking", "ce_subject": "booking-\(created.bookingID)",
                        "ce_time": metadata.occurredAt.text(), "ce_sequence": "00000000000000000001",
                        "ce_streamversion": "1", "ce_dataversion": "1", "ce_correlationid": "test",
                        "ce_causationid": "cause-1",
                        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                        "ce_traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                        "content-type": "application/json",
                    ])
            }
        }
    }

    @Test("a move is published under both keys, each with a sequence of its own, also when both are in one shard")
    func publishesBothSidesOfAMove() async throws {
        try await Store.with("relay_move") { store in
            try await withBroker { broker in
                let first = make.practitioners[0]
                let shard = RecordKey(first).shard
                let neighbour = try #require(make.practitioners.dropFirst().first { RecordKey($0).shard == shard })
                let stranger = try #require(make.practitioners.first { RecordKey($0).shard != shard })
                for (index, other) in [neighbour, stranger].enumerated() {
                    let moved = BookingRescheduled(
                        bookingID: BookingID(from: make.ids), patientID: PatientID(from: make.ids), country: .fr,
                        from: make.place(first, slot: index), to: make.place(other, slot: index))
                    try await store.append([
                        EventToAppend(.rescheduled(moved), version: 1, metadata: make.metadata())
                    ])
                }
                let published = try await store.relaying([
                    store.relayer("one", topic: .bookingEvents, kafka: broker.settings)
                ]) { _ in
                    try await store.drained()
                    return try await Published.read(
                        Topic.bookingEvents.name, from: broker.settings, upTo: EventReader(store.pool).heads())
                }
                #expect(published.records.count == 4)
                #expect(Set(published.records.map(\.eventID)).count == 2)
                #expect(published.shardsWithHoles.isEmpty)
                let keys = published.records.filter { $0.shard == shard.number }.sorted { $0.sequence < $1.sequence }
                #expect(keys.map(\.key) == [first, neighbour, first].map(\.description))
            }
        }
    }

    @Test("a snapshot that others hold open does not slow it, and a storm of random appends loses nothing")
    func survivesAStorm() async throws {
        let random = SeededRandom()
        try await Store.with("relay_storm") { store in
            try await withBroker { broker in
                var settings = store.relayer("one", topic: .bookingEvents, kafka: broker.settings)
                settings.batchSize = 37  // many full batches
                let holder = try await store.pool.transaction(.repeatableRead, readOnly: true) { snapshot in
                    _ = try await snapshot.query(SQLStatement(name: "snapshot", text: "SELECT count(*) FROM outbox"))
                    return try await store.relaying([settings]) { _ in
                        let appended = try await storm(store, writers: 8, rounds: 60, random)
                        try await store.drained()
                        return appended
                    }
                }
                let heads = try await EventReader(store.pool).heads()
                let published = try await Published.read(Topic.bookingEvents.name, from: broker.settings, upTo: heads)
                #expect(published.shardsWithHoles.isEmpty, "seed \(random.seed)")
                #expect(published.places.count == holder, "seed \(random.seed)")
                #expect(published.places.values.allSatisfy { $0.count == 1 }, "seed \(random.seed)")
                #expect(heads.map(\.stamped).reduce(0, +) == Int64(holder), "seed \(random.seed)")
            }
        }
    }

    /// Appends in transactions that stay open for a while after they have drawn numbers, some of which roll back.
    ///
    /// - Returns: Events that were committed.
    private func storm(_ store: Store, writers: Int, rounds: Int, _ random: SeededRandom) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    var random = SeededRandom(seed: random.seed &+ UInt64(writer))
                    var committed = 0
                    for _ in 0..<rounds {
                        let count = Int.random(in: 1...6, using: &random)
                        let events = (0..<count).map { _ in
                            make.booking(Int.random(in: 0..<make.practitioners.count, using: &random))
                        }
                        let pause = Int64.random(in: 0...15, using: &random)
                        let rollsBack = Int.random(in: 0..<8, using: &random) == 0
                        try await store.pool.withSession { session in
                            _ = try await session.pipeline([PGStep(.begin)] + EventAppend(events).steps)
                            try await Task.sleep(for: .milliseconds(pause))
                            _ = try await session.query(rollsBack ? .rollback : .commit)
                        }
                        committed += rollsBack ? 0 : count
                    }
                    return committed
                }
            }
            return try await group.reduce(0, +)
        }
    }

    @Test("what is published nowhere gets positions all the same")
    func stampsWithoutTopic() async throws {
        try await Store.with("relay_patient") { store in
            let events = (0..<50).map { _ in
                EventToAppend(
                    .registered(
                        PatientChange(
                            patientID: PatientID(from: make.ids), country: .fr, changedFields: ["email", "language"])),
                    version: 1, metadata: make.metadata())
            }
            try await store.append(events)
            let settings = store.relayer("one", topic: nil, kafka: KafkaSettings(bootstrapServers: "127.0.0.1:1"))
            try await store.relaying([settings]) { _ in
                try await eventually("all are stamped") { try await store.int("SELECT count(*) FROM outbox") == 0 }
            }
            let heads = try await EventReader(store.pool).heads()
            #expect(heads.map(\.stamped).reduce(0, +) == 50)
            for head in heads {
                let events = try await EventReader(store.pool).positions(of: head.shard, after: 0)
                #expect(events.count == Int(head.stamped))
                #expect(events.allSatisfy { $0.key.shard == head.shard })
            }
        }
    }

    @Test("the application's role may append, relay and answer; it needs no more than it has")
    func relaysAsApplication() async throws {
        try await Store.with("relay_role") { store in
            try await withBroker { broker in
                var settings = store.relayer("one", topic: .bookingEvents, kafka: broker.settings)
                settings.databaseURL += "&options=-c%20role%3Dappointments_app"
                let pool = PGPool(url: settings.databaseURL, label: "application", sessionsMax: 1)
                let append = EventAppend(make.bookings(100))
                let key = IdempotencyKey(country: .fr, caller: "me", key: "1", fingerprint: [1])
                _ = try await pool.pipeline(
                    [PGStep(.begin)] + append.steps
                        + [IdempotencyStore.insert([(key, .owed([1]))]), PGStep(.commit)])
                await pool.close()
                try await store.relaying([settings]) { _ in try await store.drained() }
                let heads = try await EventReader(store.pool).heads()
                #expect(heads.map(\.acknowledged).reduce(0, +) == 100)
            }
        }
    }

    @Test(
        "a commit is relayed at once when it is notified, and soon when it is not; figures and graceful stop are right")
    func wakesUp() async throws {
        try await Store.with("relay_wake") { store in
            try await withBroker { broker in
                var settings = store.relayer("one", topic: .bookingEvents, kafka: broker.settings)
                settings.pollInterval = .seconds(60)
                let metrics = Metrics()
                let notifier = CommitNotifier(url: store.database.url, label: "notifier")
                try await store.relaying([settings], metrics: metrics) { relayers in
                    try await eventually("all shards are held") { relayers[0].shards.count == Shard.sealed.count }
                    for index in 0..<20 {
                        try await store.append([make.booking(index)])
                        notifier.committed()
                        try await eventually("it is stamped, though polls are a minute apart", within: .seconds(20)) {
                            try await store.int("SELECT count(*) FROM outbox") == 0
                        }
                    }
                    try await store.drained()
                    let text = String(decoding: metrics.render(), as: UTF8.self)
                    #expect(text.contains("relay_events_total{database=\"booking\"} 20"))
                    #expect(text.contains("relay_latency_seconds_count{database=\"booking\"} 20"))
                    #expect(text.contains("relay_shards_held{database=\"booking\"} 7"))
                }
                await notifier.close()
                #expect(try await store.int("SELECT count(*) FROM shard_leases WHERE expires_at > now()") == 0)
                #expect(try await store.int("SELECT count(*) FROM relayers WHERE expires_at > now()") == 0)

                settings.pollInterval = .milliseconds(50)
                try await store.relaying([settings]) { _ in
                    try await store.append([make.booking(0)])  // nobody says a word
                    try await store.drained(within: .seconds(20))
                }
            }
        }
    }
}
