import Domain
import Kafka
import Observability
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import EventStore

@Suite("Relaying through failures: nothing lost, no hole, one sequence an event (G4)", .serialized)
struct RelayFailureTests {
    let make = EventMaker()

    /// What must hold after every failure.
    private func check(_ store: Store, _ kafka: KafkaSettings, events count: Int, _ comment: Comment) async throws {
        let heads = try await EventReader(store.pool).heads()
        let published = try await Published.read(Topic.bookingEvents.name, from: kafka, upTo: heads)
        #expect(published.shardsWithHoles.isEmpty, comment)
        #expect(published.places.count == count, comment)
        #expect(published.places.values.allSatisfy { $0.count == 1 }, comment)
        for head in heads {
            let stored = try await EventReader(store.pool).positions(of: head.shard, after: 0)
            #expect(stored.map(\.position) == Array(1..<(head.stamped + 1)), comment)
            #expect(stored.map(\.event.stream.text) == published.subjects(in: head.shard.number), comment)
        }
    }

    /// Takes all shards as an owner that no relayer knows, and stamps what is there without publishing it.
    private func stampAndDie(_ store: Store, owner: String, lease: Duration) async throws -> [HeldShard] {
        let leases = ShardLeases(pool: store.pool, owner: owner, duration: lease)
        let held = try await leases.acquire(Shard.sealed.count)
        let rows = try await stamp(store, owner: owner, held)
        #expect(rows.count > held.count)
        return held
    }

    private func stamp(_ store: Store, owner: String, _ held: [HeldShard]) async throws -> PGRows {
        let last = try await EventReader(store.pool).heads()
        return try await store.pool.query(
            SQL.relayBatch,
            [
                .text(owner), .intArray(held.map { Int64($0.shard.number) }), .intArray(held.map(\.epoch)),
                .intArray(held.map { last[$0.shard.number].stamped }), .intArray(held.map { _ in nil }), .int(0),
                .int(5_000),
            ])
    }

    @Test("crash between stamp and publication: the next owner publishes what was stamped first, and only then stamps")
    func crashBetweenStampAndPublication() async throws {
        try await Store.with("fail_crash") { store in
            try await withBroker { broker in
                try await store.append(make.bookings(300))
                _ = try await stampAndDie(store, owner: "crashed", lease: .seconds(2))
                try await store.append(make.bookings(200))
                let metrics = Metrics()
                let settings = store.relayer("next", topic: .bookingEvents, kafka: broker.settings)
                try await store.relaying([settings], metrics: metrics) { _ in try await store.drained() }
                try await check(store, broker.settings, events: 500, "after a crash")
                let text = String(decoding: metrics.render(), as: UTF8.self)
                let name = "relay_republished_total{database=\"booking\"} "
                let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
                let republished = line.flatMap { Int($0.dropFirst(name.count)) } ?? 0
                #expect(republished >= 300, "more where an answer of the broker came late")
            }
        }
    }

    @Test("an owner that slept beyond its lease stamps nothing, whether somebody took the shards or not")
    func sleepingOwnerIsFenced() async throws {
        try await Store.with("fail_sleep") { store in
            try await store.append(make.bookings(60))
            let sleeper = ShardLeases(pool: store.pool, owner: "sleeper", duration: .milliseconds(50))
            let held = try await sleeper.acquire(Shard.sealed.count)
            #expect(held.count == Shard.sealed.count)
            try await eventually("the lease is over") {
                try await store.int("SELECT count(*) FROM shard_leases WHERE expires_at > clock_timestamp()") == 0
            }
            #expect(try await stamp(store, owner: "sleeper", held).count == 0)
            #expect(try await sleeper.renew(held).isEmpty)
            #expect(try await sleeper.advance(held).isEmpty)

            let other = ShardLeases(pool: store.pool, owner: "other", duration: .seconds(60))
            let taken = try await other.acquire(Shard.sealed.count)
            #expect(taken.map(\.epoch) == held.map { $0.epoch + 1 })
            #expect(try await stamp(store, owner: "sleeper", held).count == 0)
            #expect(try await sleeper.acquire(Shard.sealed.count).isEmpty)
            #expect(try await store.int("SELECT count(*) FROM outbox") == 60)
            #expect(try await stamp(store, owner: "other", taken).count == 60 + Shard.sealed.count)
        }
    }

    @Test("an old epoch of the same owner stamps nothing, and nobody stamps from a position that is not the last")
    func oldEpochIsFenced() async throws {
        try await Store.with("fail_epoch") { store in
            try await store.append(make.bookings(60))
            let leases = ShardLeases(pool: store.pool, owner: "one", duration: .seconds(60))
            let old = try await leases.acquire(Shard.sealed.count)
            let new = try await leases.advance(old)
            #expect(try await stamp(store, owner: "one", old).count == 0)
            #expect(try await stamp(store, owner: "one", new).count == 60 + Shard.sealed.count)
            try await store.append(make.bookings(60))
            let fromTheStart = try await store.pool.query(
                SQL.relayBatch,
                [
                    .text("one"), .intArray(new.map { Int64($0.shard.number) }), .intArray(new.map(\.epoch)),
                    .intArray(new.map { _ in 0 }), .intArray(new.map { _ in nil }), .int(0), .int(5_000),
                ])
            #expect(fromTheStart.count <= Shard.sealed.count - new.count + 6)
            #expect(try await store.int("SELECT count(*) FROM outbox") == 60)
        }
    }

    @Test("a stopped owner whose statement locks the leases is ended by its successor, and its stamp never happened")
    func blockedOwnerIsEnded() async throws {
        try await Store.with("fail_blocked") { store in
            try await withBroker { broker in
                var first = store.relayer("first", topic: .bookingEvents, kafka: broker.settings)
                first.leaseDuration = .milliseconds(600)
                var second = first
                second.owner = "second"
                try await store.relaying([first]) { relayers in
                    try await eventually("all shards are held") { relayers[0].shards.count == Shard.sealed.count }
                    // Stamping stops half way, with the lease rows locked, as when the process sleeps while it reads.
                    try await store.run(
                        """
                        CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS
                        $$ BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NEW; END $$;
                        CREATE TRIGGER stand_still BEFORE INSERT ON outbox_stamps
                        FOR EACH ROW EXECUTE FUNCTION stand_still()
                        """)
                    try await store.pool.withSession { blocker in
                        _ = try await blocker.query(.begin)
                        _ = try await blocker.query(
                            SQLStatement(name: "block", text: "SELECT pg_advisory_xact_lock(77)"))
                        try await store.append(make.bookings(100))
                        try await store.relaying([second]) { successors in
                            try await eventually("the successor has shards of the blocked owner") {
                                try await store.int(
                                    "SELECT count(*) FROM shard_leases WHERE owner = 'second'") > 0
                            }
                            _ = try await blocker.query(.rollback)
                            try await store.drained()
                            #expect(!successors[0].shards.isEmpty)
                        }
                    }
                    try await store.append(make.bookings(50))
                    try await store.drained()
                }
                try await check(store, broker.settings, events: 150, "after a blocked owner")
            }
        }
    }

    @Test("two relayers share the shards, hand them over and back, while bookings come in")
    func twoRelayersShare() async throws {
        try await Store.with("fail_two") { store in
            try await withBroker { broker in
                var first = store.relayer("first", topic: .bookingEvents, kafka: broker.settings)
                first.leaseDuration = .seconds(1)
                var second = first
                second.owner = "second"
                let written = Tally()
                try await store.relaying([first]) { one in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            for round in 0..<150 {
                                try await store.append((0..<8).map { make.booking(round * 8 + $0) })
                                written.add(8)
                                try await Task.sleep(for: .milliseconds(10))
                            }
                        }
                        try await eventually("one has all") { one[0].shards.count == Shard.sealed.count }
                        try await store.relaying([second]) { two in
                            try await eventually("each has its half, one of them the odd shard") {
                                let counts = [one[0].shards.count, two[0].shards.count]
                                return counts.reduce(0, +) == Shard.sealed.count
                                    && (counts.min() ?? 0) == Shard.count / 2
                            }
                        }
                        try await eventually("one has all again") { one[0].shards.count == Shard.sealed.count }
                        try await group.waitForAll()
                    }
                    try await store.drained()
                }
                try await check(store, broker.settings, events: written.count, "after two hand-overs")
            }
        }
    }

    @Test("connections that are cut at random moments, COMMITs of unknown outcome among them, change nothing")
    func connectionsAreCut() async throws {
        try await Store.with("fail_cut") { store in
            try await withBroker { broker in
                var settings = store.relayer("one", topic: .bookingEvents, kafka: broker.settings)
                settings.batchSize = 50
                let written = Tally()
                let metrics = Metrics()
                try await store.relaying([settings], metrics: metrics) { _ in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            for round in 0..<150 {
                                try await store.append((0..<20).map { make.booking(round * 20 + $0) })
                                written.add(20)
                                try await Task.sleep(for: .milliseconds(10))
                            }
                        }
                        group.addTask {
                            for _ in 0..<25 {
                                try await Task.sleep(for: .milliseconds(60))
                                try await store.run(
                                    """
                                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                                    WHERE application_name = 'relayer one' AND datname = current_database()
                                    """)
                            }
                        }
                        try await group.waitForAll()
                    }
                    try await store.drained()
                }
                try await check(store, broker.settings, events: written.count, "after cut connections")
                #expect(
                    String(decoding: metrics.render(), as: UTF8.self)
                        .contains("relay_errors_total{database=\"booking\",dependency=\"postgres\"}"))
            }
        }
    }

    @Test("while the broker is away the outbox waits and nothing is given up; when it is back everything drains")
    func brokerIsAway() async throws {
        try await Store.with("fail_broker") { store in
            try await withBroker { broker in
                var settings = store.relayer("one", topic: .bookingEvents, kafka: broker.settings)
                settings.batchSize = 20
                try await store.relaying([settings]) { _ in
                    try await store.append(make.bookings(100))
                    try await store.drained()
                    await broker.interrupt()
                    try await store.append(make.bookings(1_000))
                    try await eventually("each lane has stamped as much as may be unacknowledged, and no more") {
                        try await store.int("SELECT sum(last_position - first_position + 1)::bigint FROM outbox_stamps")
                            == 100 + Int64(settings.laneCount * settings.unacknowledgedMax * settings.batchSize)
                    }
                    let statements = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
                    let before = try await store.int(statements)
                    try await Task.sleep(for: .seconds(1))
                    #expect(try await store.int(statements) - before < 100, "it must not spin")
                    await broker.resume()
                    try await store.drained()
                }
                try await check(store, broker.settings, events: 1_100, "after the broker was away")
            }
        }
    }

    @Test("a delivery that fails ends the producer; the next one starts at what was acknowledged")
    func deliveryFails() async throws {
        try await Store.with("fail_delivery") { store in
            try await withBroker { broker in
                let metrics = Metrics()
                // A real broker refuses what follows a refused request of an idempotent producer; this one does not
                // check sequences, so it must not get a second request before the first is answered.
                var kafka = broker.settings
                kafka.extra["max.in.flight.requests.per.connection"] = "1"
                var settings = store.relayer("one", topic: .bookingEvents, kafka: kafka)
                settings.batchSize = 25
                try await store.relaying([settings], metrics: metrics) { _ in
                    for _ in 0..<3 {
                        try await store.append(make.bookings(100))
                        try await store.drained()
                        await broker.failProduce(with: .topicAuthorizationFailed, count: 2)
                        try await store.append(make.bookings(200))
                        try await store.drained()
                    }
                }
                try await check(store, broker.settings, events: 900, "after failed deliveries")
                #expect(
                    String(decoding: metrics.render(), as: UTF8.self)
                        .contains("relay_errors_total{database=\"booking\",dependency=\"kafka\"}"))
            }
        }
    }

    @Test("an embedded broker that comes back empty under another address is found, and the sequence goes on")
    func brokerMoves() async throws {
        try await Store.with("fail_moved") { store in
            let first = try EmbeddedBroker(topics: [(name: Topic.bookingEvents.name, partitions: 6)])
            let second = try EmbeddedBroker(topics: [(name: Topic.bookingEvents.name, partitions: 6)])
            let present = Mutex(first.settings)
            var settings = store.relayer("one", topic: .bookingEvents, kafka: first.settings)
            settings.kafka = { present.withLock { $0 } }
            try await store.relaying([settings]) { _ in
                try await store.append(make.bookings(100))
                try await store.drained()
                await first.close()
                try await store.append(make.bookings(100))
                present.withLock { $0 = second.settings }
                try await store.drained()
            }
            let heads = try await EventReader(store.pool).heads()
            let published = try await Published.read(Topic.bookingEvents.name, from: second.settings, upTo: heads)
            #expect(published.places.count == 100)
            #expect(published.records.map(\.sequence).min() ?? 0 > 1)
            await second.close()
        }
    }

    @Test("real Kafka takes the same records, dense and each once", .enabled(if: TestServers.hasRealKafka))
    func realKafka() async throws {
        let kafka = KafkaSettings(bootstrapServers: try #require(TestServers.kafkaBootstrap))
        let admin = try KafkaAdmin(kafka)
        try await Store.with("real_kafka") { store in
            var settings = store.relayer("one", topic: .bookingEvents, kafka: kafka)
            settings.topicName = "relay-\(store.database.name)"
            try await admin.createTopics([
                KafkaTopicSpecification(
                    name: settings.topicName ?? "", partitions: Topic.partitionsPerTopic, replication: 1)
            ])
            try await store.relaying([settings]) { _ in
                for _ in 0..<4 { try await store.append(make.bookings(500)) }
                try await store.drained()
            }
            let heads = try await EventReader(store.pool).heads()
            let published = try await Published.read(settings.topicName ?? "", from: kafka, upTo: heads)
            #expect(published.shardsWithHoles.isEmpty)
            #expect(published.records.count == 2_000)
            #expect(published.places.count == 2_000)
        }
    }
}
