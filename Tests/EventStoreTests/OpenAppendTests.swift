import Domain
import Kafka
import Postgres
import TestSupport
import Testing

@testable import EventStore

/// An append that is still open while others commit, are woken and drain: nothing may pass it for good.
@Suite("Appends in flight are not passed (G4)")
struct OpenAppendTests {
    let make = EventMaker()

    @Test("pitfall: a relayer that was woken before the commit relays it all the same, though nobody wakes it again")
    func wokenTooEarly() async throws {
        try await Store.with("open_woken") { store in
            let settings = store.relayer("one", topic: nil, kafka: KafkaSettings(bootstrapServers: ""))
            try await store.relaying([settings]) { relayers in
                let notifier = CommitNotifier(url: store.database.url, label: "too-early")
                try await store.pool.withSession { session in
                    _ = try await session.pipeline([PGStep(.begin)] + EventAppend([make.booking(0)]).steps)
                    // Both signals come while it is open, and what another writer commits shows that they were heard.
                    notifier.committed()
                    relayers[0].wake()
                    try await store.append([make.booking(1)])
                    relayers[0].wake()
                    try await eventually("the other one is stamped") { try await stamped(store) == 1 }
                    _ = try await session.query(.commit)
                }
                try await eventually("it is stamped, too") { try await stamped(store) == 2 }
                await notifier.close()
            }
        }
    }

    @Test(
        "pitfall: a high-water mark that passes appends in flight: 20,000 events commit long after smaller ones",
        .timeLimit(.minutes(5)))
    func bulkImport() async throws {
        try await Store.with("open_bulk") { store in
            let (imported, writers, rounds, each) = (20_000, 8, 30, 25)
            var settings = store.relayer("one", topic: nil, kafka: KafkaSettings(bootstrapServers: ""))
            settings.batchSize = 500
            try await store.relaying([settings]) { relayers in
                try await store.pool.withSession { session in
                    let bulk = EventAppend(make.bookings(imported))
                    _ = try await session.pipeline([PGStep(.begin)] + bulk.steps)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<writers {
                            group.addTask {
                                for _ in 0..<rounds {
                                    try await store.append(make.bookings(each))
                                    relayers[0].wake()
                                }
                            }
                        }
                        try await group.waitForAll()
                    }
                    // Twelve full batches, so that whatever remembers where it was is beyond the numbers of the import.
                    let small = Int64(writers * rounds * each)
                    try await eventually("all small ones are stamped", within: .seconds(60)) {
                        try await stamped(store) == small
                    }
                    try await expectScan(store, "while the import is open")
                    _ = try await session.query(.commit)
                }
                repeat {
                    try await expectScan(store, "while the import drains")
                } while try await store.int("SELECT count(*) FROM outbox") > 0
            }
            let total = Int64(imported + writers * rounds * each)
            #expect(try await store.int("SELECT count(*) FROM events") == total)
            try await expectScan(store, "afterwards")
            var numbers: Set<Int64> = []
            var positions = 0
            for shard in Shard.all {
                var last: Int64 = 0
                while true {
                    let some = try await EventReader(store.pool).positions(of: shard, after: last, limit: 10_000)
                    guard let end = some.last?.position else { break }
                    #expect(some.map(\.position) == Array(last + 1...end), "dense")
                    numbers.formUnion(some.map(\.event.number))
                    positions += some.count
                    last = end
                }
            }
            #expect(positions == Int(total), "every event has one position")
            #expect(numbers.count == Int(total), "and no two positions are one event's")
        }
    }

    /// A baseline brings exactly what is stamped in its snapshot, each once.
    private func expectScan(_ store: Store, _ when: Comment) async throws {
        let (heads, seen) = try await ScanTests().scan(store, stretchPages: 64)
        #expect(seen.sides == heads, when)
        #expect(Set(seen.numbers).count == seen.numbers.count, when)
        #expect(seen.numbers.count == heads.reduce(0) { $0 + Int($1) }, when)
    }

    private func stamped(_ store: Store) async throws -> Int64 {
        try await EventReader(store.pool).heads().reduce(0) { $0 + $1.stamped }
    }
}
