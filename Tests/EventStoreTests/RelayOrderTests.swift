import Domain
import EventStore
import Kafka
import Postgres
import TestSupport
import Testing

/// Each test builds the case in which an order that looks right would be wrong (DESIGN section 5).
@Suite("Order within a practitioner is that of its head row's lock (G4)")
struct RelayOrderTests {
    let make = EventMaker()

    /// A head row such as booking's calendars, which every writer of a practitioner locks first.
    private func prepare(_ store: Store) async throws {
        try await store.run("CREATE TABLE calendar (id int PRIMARY KEY); INSERT INTO calendar VALUES (1)")
    }

    private static let lockHead = SQLStatement(
        name: "lock_head", text: "SELECT 1 FROM calendar WHERE id = 1 FOR UPDATE")
    private static let takeTransactionID = SQLStatement(name: "take_xid", text: "SELECT pg_current_xact_id()::text")

    private func waitForLock(_ store: Store) async throws {
        try await eventually("the second writer waits for the head row") {
            try await store.int(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
                > 0
        }
    }

    @Test("a writer that waited with the older transaction id comes out second")
    func olderTransactionWaits() async throws {
        try await Store.with("order_xid") { store in
            try await withBroker { broker in
                try await prepare(store)
                let practitioner = make.practitioners[0]
                let cancelled = EventToAppend(
                    .created(make.created(practitioner)), version: 1, metadata: make.metadata())
                let created = EventToAppend(
                    .created(make.created(practitioner)), version: 1, metadata: make.metadata())
                // The cancellation holds the head row; the booking begins before it and has the older id.
                let booking = PGPool(url: store.database.url, label: "booking", sessionsMax: 1)
                try await booking.withSession { older in
                    _ = try await older.query(.begin)
                    _ = try await older.query(Self.takeTransactionID)
                    let newer = PGPool(url: store.database.url, label: "cancelling", sessionsMax: 1)
                    try await newer.withSession { session in
                        _ = try await session.query(.begin)
                        _ = try await session.query(Self.takeTransactionID)
                        _ = try await session.query(Self.lockHead)
                        async let waiting = older.pipeline(
                            [PGStep(Self.lockHead)] + EventAppend([created]).steps + [PGStep(.commit)])
                        try await waitForLock(store)
                        _ = try await session.pipeline(EventAppend([cancelled]).steps + [PGStep(.commit)])
                        _ = try await waiting
                    }
                    await newer.close()
                }
                await booking.close()
                let order = try await store.relaying([
                    store.relayer("one", topic: .bookingEvents, kafka: broker.settings)
                ]) { _ in
                    try await store.drained()
                    return try await Published.read(
                        Topic.bookingEvents.name, from: broker.settings, upTo: EventReader(store.pool).heads())
                }
                let subjects = order.subjects(in: RecordKey(practitioner).shard.number)
                #expect(subjects == [cancelled, created].map(\.stream.text))
            }
        }
    }

    @Test("numbers are drawn under the lock, so a writer that began first and waited has the greater ones")
    func earlierWriterWaits() async throws {
        try await Store.with("order_number") { store in
            try await prepare(store)
            let events = (0..<2).map { _ in
                EventToAppend(
                    .created(make.created(make.practitioners[0])), version: 1, metadata: make.metadata())
            }
            let first = PGPool(url: store.database.url, label: "first", sessionsMax: 1)
            let second = PGPool(url: store.database.url, label: "second", sessionsMax: 1)
            let numbers = try await first.withSession { holder in
                _ = try await holder.pipeline([PGStep(.begin), PGStep(Self.lockHead)])
                return try await second.withSession { waiter in
                    let append = EventAppend([events[1]])
                    // The whole transaction of the waiter is sent before the holder draws its number.
                    async let waiting = waiter.pipeline(
                        [PGStep(.begin), PGStep(Self.lockHead)] + append.steps + [PGStep(.commit)])
                    try await waitForLock(store)
                    let holding = EventAppend([events[0]])
                    let results = try await holder.pipeline(holding.steps + [PGStep(.commit)])
                    let earlier = try holding.verify(results.dropLast())
                    let later = try append.verify(try await waiting.dropFirst(2).dropLast())
                    return (earlier: earlier, later: later)
                }
            }
            await first.close()
            await second.close()
            #expect(numbers.earlier.eventNumbers[0] < numbers.later.eventNumbers[0])
            #expect(numbers.earlier.recordedAt < numbers.later.recordedAt)
        }
    }

    @Test(
        "a smaller number that commits later, of another practitioner, is not lost: unstamped is what the outbox holds")
    func smallerNumberCommitsLater() async throws {
        try await Store.with("order_late") { store in
            try await withBroker { broker in
                let shard = RecordKey(make.practitioners[0]).shard
                let other = try #require(make.practitioners.dropFirst().first { RecordKey($0).shard == shard })
                let slow = EventToAppend(
                    .created(make.created(make.practitioners[0])), version: 1, metadata: make.metadata())
                let quick = EventToAppend(.created(make.created(other)), version: 1, metadata: make.metadata())
                let published = try await store.relaying([
                    store.relayer("one", topic: .bookingEvents, kafka: broker.settings)
                ]) { _ in
                    try await store.pool.withSession { session in
                        _ = try await session.pipeline([PGStep(.begin)] + EventAppend([slow]).steps)
                        try await store.append([quick])
                        try await eventually("the greater number is stamped") {
                            try await EventReader(store.pool).heads()[shard.number].stamped == 1
                        }
                        // Many empty drains, so that a floor that trusted numbers alone would have passed it.
                        for _ in 0..<20 {
                            let tick = PractitionerID(from: make.ids)
                            try await store.append([
                                EventToAppend(.created(make.created(tick)), version: 1, metadata: make.metadata())
                            ])
                            try await eventually("it is drained") {
                                try await store.int("SELECT count(*) FROM outbox") == 0
                            }
                        }
                        _ = try await session.query(.commit)
                    }
                    try await store.drained()
                    return try await Published.read(
                        Topic.bookingEvents.name, from: broker.settings, upTo: EventReader(store.pool).heads())
                }
                let subjects = published.subjects(in: shard.number)
                #expect(subjects.first == quick.stream.text)
                #expect(subjects.contains(slow.stream.text))
                #expect(published.shardsWithHoles.isEmpty)
                #expect(published.places.count == 22)
            }
        }
    }
}
