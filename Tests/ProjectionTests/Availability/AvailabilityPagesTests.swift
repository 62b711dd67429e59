import Domain
import EventStore
import Kafka
import ProjectionRunner
import Redis
import TestSupport
import Testing

@testable import AvailabilityProjection

/// What happens to pages besides plain events: days pass, buckets begin, writers crash, pages are lost.
@Suite("G5, G10 pages: built whole, rolled by the clock, published before the checkpoint", .serialized)
struct AvailabilityPagesTests {
    private static let morning = "111111110000000000000000"

    @Test("at midnight the new last day is built with its bookings, and the day before yesterday goes")
    func rollsAtMidnight() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            let id = try await clinic.register()
            let newDay = AvailabilityBed.today.adding(days: 14)
            try await clinic.book(id, on: newDay, slot: 2)
            try await bed.relay(publishing: false)
            let (model, shard) = (bed.model(), Shard(Int(KafkaPartitioner.partition(of: id))))
            let progress = try await progress(model, shard)

            #expect(await bed.free(id, newDay)?.0 == FixedColdDays.mask.bitmap)  // still booking's to answer
            bed.clock.advance(seconds: 16 * 3_600 + 3_599)  // 23:59:59 in Paris
            try await model.tick(shard, progress)
            #expect(try await keys(bed, AvailabilityBed.today.adding(days: -1)) == 1)
            #expect(try await keys(bed, newDay) == 0)
            bed.clock.advance(seconds: 1)
            #expect(await bed.free(id, newDay)?.0 == FixedColdDays.mask.bitmap)  // hot now, and not built yet
            try await model.tick(shard, progress)
            #expect(await bed.free(id, newDay)?.0 == "110111110000000000000000")
            #expect(try await keys(bed, AvailabilityBed.today.adding(days: -1)) == 0)
            #expect(try await keys(bed, AvailabilityBed.today) == 1)
            #expect(try await model.digest(of: shard) == model.digestOfStores(of: shard))
        }
    }

    @Test("the first practitioner of a bucket brings its pages, and neighbours are not touched")
    func beginsBuckets() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            let one = try await clinic.register(number: 1_023)
            try await bed.relay(publishing: false)
            let model = bed.model()
            for shard in Shard.all { _ = try await progress(model, shard) }
            var other = try await clinic.register(number: 1_024)
            while KafkaPartitioner.partition(of: other) != KafkaPartitioner.partition(of: one) {
                other = try await clinic.register(number: 1_024)
            }
            try await clinic.book(other, slot: 0)
            try await bed.relay(publishing: false)
            for shard in Shard.all { try await deliverNew(shard, model, bed) }
            #expect(await bed.free(one)?.0 == Self.morning)
            #expect(await bed.free(other)?.0 == "011111110000000000000000")
            #expect(try await bed.equalsFold(model))
        }
    }

    @Test("an event never creates a page that was lost: the partition is to be built anew")
    func neverCreatesLostPages() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            let id = try await clinic.register()
            try await bed.relay(publishing: false)
            let (model, shard) = (bed.model(), Shard(Int(KafkaPartitioner.partition(of: id))))
            _ = try await progress(model, shard)
            let bucket = BucketID(country: .fr, partition: shard.number, index: 0)
            _ = try await bed.redis.call(RedisCommand("DEL", [.text(bucket.key(epoch: 1, AvailabilityBed.today))]))
            try await clinic.book(id, slot: 0)
            try await bed.relay(publishing: false)
            await #expect(throws: ProjectionFault.modelLost) { try await deliverNew(shard, model, bed) }
            #expect(await bed.free(id)?.1 == .unknown)
            _ = try await model.takeBaseline(of: shard, ends: [:])
            #expect(await bed.free(id)?.0 == "011111110000000000000000")
        }
    }

    @Test("a crash between pages and checkpoint publishes again, and changes nothing else")
    func publishesAgainAfterACrash() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            let id = try await clinic.register()
            try await bed.relay(publishing: false)
            let (model, shard) = (bed.model(), Shard(Int(KafkaPartitioner.partition(of: id))))
            _ = try await progress(model, shard)
            try await clinic.book(id, slot: 0, count: 2)
            try await bed.relay(publishing: false)

            let batch = try #require(try await newBatch(shard, model, bed))
            let key = RedisArgument.text(AvailabilityCheckpoint.key(epoch: 1, partition: shard.number))
            _ = try await bed.redis.call(RedisCommand("RENAME", [key, "kept"]))
            _ = try await bed.redis.call(RedisCommand("SET", [key, "in the way"]))
            await #expect(throws: RedisError.self) { try await model.apply(batch) }
            _ = try await bed.redis.call(RedisCommand("RENAME", ["kept", key]))

            let restarted = bed.model()
            _ = try await restarted.checkpoint(of: shard)
            try await deliverNew(shard, restarted, bed)
            #expect(await bed.free(id)?.0 == "001111110000000000000000")
            #expect(try await restarted.digest(of: shard) == restarted.digestOfStores(of: shard))
            let published = try await published(bed, shard)
            let latest = published.suffix(2)
            #expect(latest.count == 2)
            for event in latest {
                #expect(event.practitionerID == id)
                #expect(event.days.map(\.free.bitmap) == ["001111110000000000000000"])
                #expect(event.sources.map(\.sequence) == [1, 2])
            }
        }
    }

    @Test("somebody without a free hot slot is published with the first cold one")
    func asksBookingForColdStarts() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            let id = try await clinic.register(works: false)
            try await bed.relay(publishing: false)
            let shard = Shard(Int(KafkaPartitioner.partition(of: id)))
            _ = try await progress(bed.model(), shard)
            let event = try #require(try await published(bed, shard).last)
            let day = AvailabilityBed.today.adding(days: 14)
            let grid = try AvailabilityBed.zones.grid(zone: "Europe/Paris", dayStart: .eight, slotMinutes: 30)
            #expect(event.nextAvailable == grid.start(of: 12, on: day))
            let question = AvailabilityQuestion(practitioner: id, country: .fr, days: 1)
            guard case .found(let answer) = await bed.reader.answer(question) else {
                Issue.record("the practitioner is not found")
                return
            }
            #expect(answer.nextAvailable == event.nextAvailable)
            #expect(answer.days[0].free.isEmpty)
        }
    }

    // MARK: helpers

    /// Builds the partition and says how far it is.
    private func progress(_ model: AvailabilityModel, _ shard: Shard) async throws -> ProjectionProgress {
        let checkpoint = try await model.takeBaseline(of: shard, ends: [:])
        return ProjectionProgress(lagEvents: 0, caughtUpAt: AvailabilityBed.now, checkpoint: checkpoint)
    }

    /// Gives the model what the store has after its checkpoint.
    private func deliverNew(_ shard: Shard, _ model: AvailabilityModel, _ bed: AvailabilityBed) async throws {
        if let batch = try await newBatch(shard, model, bed) { try await model.apply(batch) }
    }

    private func newBatch(
        _ shard: Shard, _ model: AvailabilityModel, _ bed: AvailabilityBed
    ) async throws -> ProjectionBatch? {
        let previous = try #require(try await model.checkpoint(of: shard))
        var checkpoint = previous
        var records: [ProjectionRecord] = []
        for topic in AvailabilityModel.topics {
            for event in try await bed.stores[topic]?.positions(of: shard, after: previous[topic].sequence) ?? [] {
                records.append(ProjectionRecord(event, topic: topic))
                checkpoint.set(TopicPosition(topic: topic, sequence: event.position))
            }
        }
        if records.isEmpty { return nil }
        return ProjectionBatch(partition: shard, records: records, previous: previous, checkpoint: checkpoint)
    }

    private func keys(_ bed: AvailabilityBed, _ date: LocalDate) async throws -> Int {
        try await bed.redis.call(RedisCommand("KEYS", [.text("av:1:*:\(date)")])).array?.count ?? -1
    }

    /// What stands in the partition of availability-events.
    private func published(_ bed: AvailabilityBed, _ shard: Shard) async throws -> [AvailabilityChanged] {
        let place = KafkaPartition(topic: Topic.availabilityEvents.name, number: Int32(shard.number))
        let admin = try KafkaAdmin(bed.kafka)
        let high = try await admin.watermarks(of: place).high
        let consumer = try KafkaConsumer(bed.kafka, clientID: "test", assigning: [place: .beginning])
        var events: [AvailabilityChanged] = []
        try await eventually("everything published was read") {
            for record in try await consumer.poll(max: 100, timeout: .milliseconds(100)) {
                events.append(try EventCodec.availabilityChanged(AvailabilityChanged.wireType, record.value))
            }
            return events.count >= high
        }
        await consumer.close()
        return events
    }
}
