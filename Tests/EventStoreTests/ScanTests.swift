import Domain
import Kafka
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import EventStore

/// Reading by stretches of pages must bring exactly what reading row by row brings.
@Suite("G5 scan")
struct ScanTests {
    private let make = EventMaker()

    /// Sides at or below P by shard, and events by number.
    final class Seen: Sendable {
        struct State {
            var sides = [Int64](repeating: 0, count: Shard.count)
            var numbers: [Int64] = []
        }

        let state = Mutex(State())

        func add(_ event: ScannedEvent) {
            state.withLock { state in
                state.numbers.append(event.number)
                if event.isFirstSideStamped { state.sides[event.shard.number] += 1 }
                if let second = event.secondShard, event.isSecondSideStamped { state.sides[second.number] += 1 }
            }
        }
    }

    func scan(
        _ store: Store, _ filter: BaselineFilter = BaselineFilter(), readers: Int = 2, stretchPages: Int = 1
    ) async throws -> (heads: [Int64], seen: Seen.State) {
        let seen = Seen()
        let heads = try await BaselineScan(store.pool, filter, readers: readers, stretchPages: stretchPages)
            .run { { event in seen.add(event) } }.heads
        return (heads.prefix(Shard.count).map(\.stamped), seen.state.withLock { $0 })
    }

    private func moves(_ count: Int) -> [EventToAppend] {
        (0..<count).map { round in
            EventToAppend(
                .rescheduled(
                    BookingRescheduled(
                        bookingID: BookingID(from: make.ids), patientID: PatientID(from: make.ids), country: .de,
                        from: make.place(make.practitioners[round % 12]),
                        to: make.place(make.practitioners[12 + round % 12]))), version: 1, metadata: make.metadata())
        }
    }

    @Test("each side at or below P comes once, however the tables are cut, while others append and stamp")
    func endsAtItsPositions() async throws {
        try await Store.with("scan") { store in
            let settings = store.relayer("one", topic: nil, kafka: KafkaSettings(bootstrapServers: ""))
            try await store.relaying([settings]) { relayers in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for round in 0..<60 {
                            try await store.append((0..<10).map { make.booking(round * 10 + $0) } + moves(1))
                            relayers[0].wake()
                        }
                    }
                    for readers in [1, 2, 3, 2] {
                        let (heads, seen) = try await scan(store, readers: readers)
                        #expect(seen.sides == heads)
                        #expect(Set(seen.numbers).count == seen.numbers.count, "an event came twice")
                    }
                    try await group.waitForAll()
                }
                try await eventually("all are stamped") { try await store.int("SELECT count(*) FROM outbox") == 0 }
            }
            let (heads, seen) = try await scan(store)
            #expect(seen.sides == heads && seen.numbers.count == 660)
            let whole = try await scan(store, stretchPages: 4_096)
            #expect(Set(whole.seen.numbers) == Set(seen.numbers))
        }
    }

    @Test("what waits in the outbox does not come, and a filter brings what it says")
    func filters() async throws {
        try await Store.with("scan_filter") { store in
            try await store.append(make.bookings(48) + [make.booking(0, country: .de)])
            #expect(try await scan(store).seen.numbers.isEmpty)
            let settings = store.relayer("one", topic: nil, kafka: KafkaSettings(bootstrapServers: ""))
            try await store.relaying([settings]) { _ in
                try await eventually("all are stamped") { try await store.int("SELECT count(*) FROM outbox") == 0 }
            }
            let day = LocalDate(days: 20_717)
            #expect(try await scan(store).seen.numbers.count == 49)
            #expect(try await scan(store, BaselineFilter(country: .de)).seen.numbers.count == 1)
            #expect(try await scan(store, BaselineFilter(relevantSince: day.adding(days: 1))).seen.numbers.isEmpty)
            var byShard = 0
            for shard in Shard.all {
                byShard += try await scan(store, BaselineFilter(shards: [shard])).seen.numbers.count
            }
            #expect(byShard == 49)
        }
    }

    @Test("a reader that throws ends the scan, and the pool is whole again")
    func endsWhenAReaderThrows() async throws {
        struct Enough: Error {}
        try await Store.with("scan_throws") { store in
            try await store.append(make.bookings(200))
            let settings = store.relayer("one", topic: nil, kafka: KafkaSettings(bootstrapServers: ""))
            try await store.relaying([settings]) { _ in
                try await eventually("all are stamped") { try await store.int("SELECT count(*) FROM outbox") == 0 }
            }
            await #expect(throws: Enough.self) {
                try await BaselineScan(store.pool, BaselineFilter(), stretchPages: 1).run { { _ in throw Enough() } }
            }
            #expect(try await scan(store).seen.numbers.count == 200)
        }
    }
}
