import Domain
import EventStore
import Kafka
import Postgres
import Redis
import Synchronization
import TestSupport
import Testing

@testable import AvailabilityProjection
@testable import ProjectionRunner

/// The lanes of live projection write every epoch that is asked for, and what they say of it is true.
@Suite("G5, G7 live projection in several epochs", .serialized)
struct LiveEpochsTests {
    @Test("a shadow is brought on, adopted, swapped in and gone back to, and all epochs stay what the stores say")
    func adopts() async throws {
        try await LiveBed.with { live, clinic in
            for _ in 0..<8 { try await clinic.register() }
            try await live.running { _ in
                try await live.caughtUp(1)
                let shadow = try await live.shadow()
                // What the shadow lacks when it is asked for, and what comes while it is brought on.
                for id in clinic.practitioners { try await clinic.book(id, slot: 0) }
                try await live.adopted(shadow)
                for id in clinic.practitioners { try await clinic.book(id, slot: 1) }
                for epoch in [1, shadow] {
                    try await live.caughtUp(epoch)
                    #expect(try await live.equalsFold(epoch))
                }
                try await live.ready(shadow)
                try await live.swap(to: shadow)
                for id in clinic.practitioners { try await clinic.book(id, slot: 2) }
                try await live.caughtUp(1)
                try await live.caughtUp(shadow)
                try await live.swap(to: 1, .rollback)
                for id in clinic.practitioners { try await clinic.book(id, slot: 3) }
                for epoch in [1, shadow] {
                    try await live.caughtUp(epoch)
                    #expect(try await live.equalsFold(epoch))
                }
            }
        }
    }

    @Test("in every batch the epoch that is not served comes first, and only the served one tells")
    func writesInOrder() async throws {
        try await LiveBed.with { live, clinic in
            let id = try await clinic.register()
            let order = WriteOrder()
            try await live.running(watched: { WatchedModel(epoch: $0, model: $1, order: order) }) { _ in
                try await live.caughtUp(1)
                let shadow = try await live.shadow()
                try await live.adopted(shadow)
                try await live.ready(shadow)
                for (slot, served) in [shadow, 1, shadow].enumerated() {
                    order.clear()
                    try await clinic.book(id, slot: slot)
                    try await live.caughtUp(1)
                    try await live.caughtUp(shadow)
                    let before = served == 1 ? shadow : 1
                    #expect(order.writes == [.init(epoch: served, tells: false), .init(epoch: before, tells: true)])
                    try await live.swap(to: served)
                    try await live.adopted(before)  // the lane knows of the swap
                }
            }
        }
    }

    @Test("a crash after the shadow and before the served epoch loses no announcement, also when a swap comes between")
    func tellsWhatTheOtherDidNot() async throws {
        try await LiveBed.with { live, clinic in
            let id = try await clinic.register()
            let shard = Shard(Int(KafkaPartitioner.partition(of: id)))
            var shadow: Int64 = 0
            try await live.running { _ in
                try await live.caughtUp(1)
                shadow = try await live.shadow()
                try await live.adopted(shadow)
                try await live.ready(shadow)
            }
            // The lane wrote the shadow and died: the served epoch lacks the booking, and nobody was told of it.
            try await clinic.book(id, slot: 5)
            try await live.bed.relay()
            let served = try #require(try await live.checkpoint(1, shard))
            let pages = live.pages(shadow)
            let at = try #require(try await pages.checkpoint(of: shard))
            let missed = MissedEvents(
                topics: AvailabilityModel.topics, stores: live.bed.stores, kafka: { live.bed.kafka })
            let heads = try await EventReader(live.bed.bookings).heads()[shard.number].stamped
            var end = at
            end.set(TopicPosition(topic: .bookingEvents, sequence: heads))
            let batch = try #require(try await missed.batch(after: at, through: end, of: shard))
            let share = try #require(
                batch.share(
                    of: at, told: served, sequenced: [.bookingEvents, .practitionerEvents]))
            try await pages.apply(share)
            let before = try await live.told(shard).count
            // The words of the lanes that died stand until others start: the swap goes through.
            try await live.swap(to: shadow)
            try await live.running { _ in
                try await eventually("the booking was told") {
                    try await live.told(shard).dropFirst(before).contains { event in
                        event.practitionerID == id
                            && event.sources.contains { $0.topic == .bookingEvents && $0.sequence >= heads }
                    }
                }
                try await live.caughtUp(1)
                #expect(try await live.equalsFold(1))
                #expect(try await live.equalsFold(shadow))
            }
        }
    }

    @Test("a lane that was replaced says so instead of writing, and its word is void")
    func stopsAReplacedLane() async throws {
        try await LiveBed.with { live, clinic in
            let id = try await clinic.register()
            let shard = Shard(Int(KafkaPartitioner.partition(of: id)))
            try await live.bed.relay()
            let old = live.live("old")
            let checkpoint = try await old.takeBaseline(of: shard, ends: [:])
            let shadow = try await live.shadow()
            let generations = try await live.registry.epochs(of: LiveBed.model).lanes
            // Another process has taken the partition over while this one was stopped.
            let new = live.live("new")
            #expect(try await new.checkpoint(of: shard) != nil)
            let taken = try await live.registry.epochs(of: LiveBed.model).lanes
            #expect(taken.map(\.generation) == generations.map { $0.generation + 1 })

            try await clinic.book(id, slot: 1)
            try await live.bed.relay()
            let batch = try await newBatch(live, shard, after: checkpoint)
            try await eventually("the old lane knows") {
                do { try await old.apply(batch) } catch LaneEpochs.Fault.replaced { return true }
                return false
            }
            try await new.apply(batch)
            #expect(try await live.registry.adoptedPartitions(LiveBed.model, shadow).isEmpty)
        }
    }

    @Test("a kept epoch that loses a page is given up, and the served one flows on")
    func survivesALostEpoch() async throws {
        try await LiveBed.with { live, clinic in
            let id = try await clinic.register()
            try await live.running { runner in
                try await live.caughtUp(1)
                let shadow = try await live.shadow()
                try await live.adopted(shadow)
                let place = try #require(try await live.bed.places.place(of: id, in: .fr)?.place)
                let key = place.cell.bucket.key(epoch: shadow, AvailabilityBed.today)
                #expect(try await live.bed.redis.call(RedisCommand("DEL", [.text(key)])).integer == 1)
                try await clinic.book(id, slot: 4)
                try await eventually("the epoch is given up") {
                    try await live.registry.epochs(of: LiveBed.model)[shadow]?.state == .failed
                }
                try await live.caughtUp(1)
                #expect(try await live.equalsFold(1))
                #expect(runner.health.stops.isEmpty)
                await #expect(throws: EpochError.state(epoch: shadow, .failed)) { try await live.swap(to: shadow) }
            }
        }
    }

    @Test("an emptied Redis takes the kept epoch, and the served one is built anew")
    func survivesAFlush() async throws {
        try await LiveBed.with { live, clinic in
            for _ in 0..<4 { try await clinic.book(try await clinic.register(), slot: 1) }
            try await live.running { _ in
                try await live.caughtUp(1)
                let shadow = try await live.shadow()
                try await live.adopted(shadow)
                try await live.ready(shadow)
                try await live.swap(to: shadow)
                try await live.bed.server.flush()
                for id in clinic.practitioners { try await clinic.book(id, slot: 2) }
                try await live.caughtUp(shadow)
                #expect(try await live.equalsFold(shadow))
                try await eventually("the kept epoch is given up") {
                    try await live.registry.epochs(of: LiveBed.model)[1]?.state == .failed
                }
            }
        }
    }

    @Test("an epoch is dropped under its readers' and writers' eyes, and no late writer brings it back")
    func drops() async throws {
        try await LiveBed.with { live, clinic in
            let id = try await clinic.register()
            let shard = Shard(Int(KafkaPartitioner.partition(of: id)))
            try await live.running { _ in
                try await live.caughtUp(1)
                let shadow = try await live.shadow()
                try await live.adopted(shadow)
                try await live.ready(shadow)
                try await live.swap(to: shadow)
                let late = live.pages(1)
                let checkpoint = try #require(try await late.checkpoint(of: shard))

                let record = try await live.registry.beginDrop(LiveBed.model, 1)
                try await eventually("the lanes have let go") {
                    try await live.registry.writers(of: 1, LiveBed.model).isEmpty
                }
                let eraser = PageEraser(redis: live.bed.redis, epoch: 1)
                try await eraser.disown()
                try await clinic.book(id, slot: 6)
                try await live.caughtUp(shadow)
                let batch = try await newBatch(live, shard, after: checkpoint)
                await #expect(throws: ProjectionFault.modelLost) { try await late.apply(batch) }
                let began = LocalDate(days: Int32(clamping: record.createdAt.seconds / 86_400))
                let erased = try await eraser.erase(sibling: shadow, began: began, today: AvailabilityBed.today)
                #expect(erased > 0)
                await #expect(throws: ProjectionFault.modelLost) { try await late.apply(batch) }
                #expect(try await live.keys(of: 1) == 0)
                try await live.registry.finishDrop(LiveBed.model, 1)
                #expect(try await live.equalsFold(shadow))
            }
        }
    }

    private func newBatch(
        _ live: LiveBed, _ shard: Shard, after checkpoint: ProjectionCheckpoint
    ) async throws -> ProjectionBatch {
        let missed = MissedEvents(topics: AvailabilityModel.topics, stores: live.bed.stores, kafka: { live.bed.kafka })
        var end = checkpoint
        for (topic, store) in live.bed.stores {
            end.set(TopicPosition(topic: topic, sequence: try await store.heads()[shard.number].stamped))
        }
        let found = try #require(try await missed.batch(after: checkpoint, through: end, of: shard))
        return ProjectionBatch(
            partition: shard, records: found.records, previous: checkpoint, checkpoint: found.checkpoint)
    }
}

/// In which order epochs were written, and which of them told others.
private final class WriteOrder: Sendable {
    struct Write: Hashable {
        let epoch: Int64
        let tells: Bool
    }

    private let all = Mutex<[Write]>([])

    var writes: [Write] { all.withLock { $0 } }

    func clear() { all.withLock { $0 = [] } }

    func note(_ epoch: Int64, _ batch: ProjectionBatch) {
        all.withLock { $0.append(Write(epoch: epoch, tells: batch.announcing == .here)) }
    }
}

/// A model that notes when it is written.
private struct WatchedModel: ProjectionModel {
    let epoch: Int64
    let model: any ProjectionModel
    let order: WriteOrder

    var name: String { model.name }
    var topics: [Topic] { model.topics }

    func checkpoint(of partition: Shard) async throws -> ProjectionCheckpoint? {
        try await model.checkpoint(of: partition)
    }

    func apply(_ batch: ProjectionBatch) async throws {
        order.note(epoch, batch)
        try await model.apply(batch)
    }

    func takeBaseline(of partition: Shard, ends: LogEnds) async throws -> ProjectionCheckpoint {
        try await model.takeBaseline(of: partition, ends: ends)
    }

    func tick(_ partition: Shard, _ progress: ProjectionProgress) async throws {
        try await model.tick(partition, progress)
    }

    func released(_ partition: Shard) async { await model.released(partition) }

    func digest(of partition: Shard) async throws -> ModelDigest { try await model.digest(of: partition) }
}
