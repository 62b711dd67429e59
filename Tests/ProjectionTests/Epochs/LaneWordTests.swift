import Domain
import EventStore
import Observability
import TestSupport
import Testing

@testable import AvailabilityProjection
@testable import ProjectionRunner

/// The two rules of a lane's word that the model checker found (docs/spec/Handover.tla), step by step: nothing that a
/// reader has seen is taken back by a swap.
@Suite("G7 the word of a lane", .serialized)
struct LaneWordTests {
    @Test("a lane gives its word only when it has all that a lane before it may have shown")
    func waitsForWhatWasShown() async throws {
        try await LiveBed.with { live, clinic in
            let id = try await clinic.register()
            let shard = Shard(Int(KafkaPartitioner.partition(of: id)))
            try await live.bed.relay()
            let (board, lane) = lane(live, shard)
            let before = try await lane.build([:])
            let shadow = try await live.shadow()

            // A lane that dies here has written the booking's page, and not the checkpoint.
            try await clinic.book(id, slot: 1)
            try await live.bed.relay()
            #expect(try await lane.start() == before)
            await board.refresh()
            await lane.settle()
            #expect(try await live.registry.adoptedPartitions(LiveBed.model, shadow).isEmpty)

            try await lane.apply(try await batch(live, shard, after: before))
            await lane.settle()
            #expect(try await live.registry.adoptedPartitions(LiveBed.model, shadow) == [shard])
        }
    }

    @Test("what a swap took from the readers is written again when they have left it, and not before")
    func letsReadersLeave() async throws {
        try await LiveBed.with { live, clinic in
            let id = try await clinic.register()
            let shard = Shard(Int(KafkaPartitioner.partition(of: id)))
            try await live.bed.relay()
            let lanes = Shard.all.map { self.lane(live, $0) }
            for (_, lane) in lanes { _ = try await lane.build([:]) }
            let shadow = try await live.shadow()
            for (board, lane) in lanes {
                await board.refresh()
                await lane.settle()
            }
            try await live.ready(shadow)
            try await live.swap(to: shadow)

            let (board, lane) = lanes[shard.number]
            let before = try #require(try await live.checkpoint(shadow, shard))
            try await clinic.book(id, slot: 1)
            try await live.bed.relay()
            await board.refresh()
            try await lane.apply(try await batch(live, shard, after: before))
            let after = try #require(try await live.checkpoint(shadow, shard))
            #expect(after[.bookingEvents].sequence == before[.bookingEvents].sequence + 1)
            #expect(try await live.checkpoint(1, shard)?[.bookingEvents].sequence == before[.bookingEvents].sequence)

            try await eventually("the kept epoch is written again") {
                await board.refresh()
                await lane.settle()
                return try await live.registry.adoptedPartitions(LiveBed.model, 1) == [shard]
            }
            #expect(try await live.checkpoint(1, shard)?[.bookingEvents].sequence == after[.bookingEvents].sequence)
            #expect(try await live.pages(1).digest(of: shard) == live.pages(shadow).digest(of: shard))
        }
    }

    /// A lane that does nothing by itself.
    private func lane(_ live: LiveBed, _ shard: Shard) -> (EpochBoard, LaneEpochs) {
        let board = EpochBoard(LiveBed.model, live.registry)
        let context = LaneEpochs.Context(
            model: LiveBed.model, registry: live.registry, missed: missed(live), sequenced: Set(live.bed.stores.keys),
            owner: "test", log: .silent, board: board, models: EpochModels { live.pages($0) })
        return (board, LaneEpochs(shard, context))
    }

    private func missed(_ live: LiveBed) -> MissedEvents {
        MissedEvents(topics: AvailabilityModel.topics, stores: live.bed.stores, kafka: { live.bed.kafka })
    }

    private func batch(
        _ live: LiveBed, _ shard: Shard, after checkpoint: ProjectionCheckpoint
    ) async throws -> ProjectionBatch {
        var end = checkpoint
        for (topic, head) in try await missed(live).heads(of: shard) {
            end.set(TopicPosition(topic: topic, sequence: head))
        }
        let found = try #require(try await missed(live).batch(after: checkpoint, through: end, of: shard))
        return ProjectionBatch(
            partition: shard, records: found.records, previous: checkpoint, checkpoint: found.checkpoint)
    }
}
