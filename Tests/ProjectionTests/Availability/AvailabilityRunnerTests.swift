import Domain
import EventStore
import Kafka
import Observability
import Postgres
import ProjectionRunner
import TestSupport
import Testing

@testable import AvailabilityProjection

/// The runner over the real model: broker, Redis and stores go away and come back.
@Suite("G4, G5 availability follows the log", .serialized)
struct AvailabilityRunnerTests {
    private static let morning = "111111110000000000000000"

    @Test("events reach the pages, and a late copy of an old one never frees a slot")
    func follows() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            let id = try await clinic.register()
            let visit = try await clinic.book(id, slot: 0)
            try await bed.running { runner in
                try await bed.relay()
                try await bed.caughtUp()
                try await clinic.cancel(visit)
                try await clinic.book(id, slot: 0)
                try await bed.relay()
                try await bed.caughtUp()
                #expect(await bed.free(id)?.0 == "011111110000000000000000")

                let copies = try await publishAgain(Shard(Int(KafkaPartitioner.partition(of: id))), bed)
                #expect(copies == 3)
                try await eventually("the copies were read") {
                    runner.health.partitions.allSatisfy { $0.lagEvents == 0 }
                }
                #expect(await bed.free(id)?.0 == "011111110000000000000000")
                try await eventually("the pages are known to be fresh") { await bed.free(id)?.1 == .fresh }
                #expect(try await bed.equalsFold())
            }
        }
    }

    @Test("a broker that forgot everything is found again, and a baseline brings what its log had")
    func survivesAForgetfulBroker() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            for _ in 0..<8 { try await clinic.register() }
            try await bed.running { _ in
                try await bed.relay()
                try await bed.caughtUp()
                for id in clinic.practitioners { try await clinic.book(id, slot: 3) }
                try await bed.relay()
                try await bed.replaceBroker()
                for id in clinic.practitioners { try await clinic.book(id, slot: 4) }
                try await bed.relay()
                try await bed.caughtUp()
                for id in clinic.practitioners { #expect(await bed.free(id)?.0 == "111001110000000000000000") }
                #expect(try await bed.equalsFold())
            }
        }
    }

    @Test("an emptied Redis reads unknown until the partition is built anew")
    func survivesAFlush() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            for _ in 0..<6 { try await clinic.book(try await clinic.register(), slot: 1) }
            try await bed.running { _ in
                try await bed.relay()
                try await bed.caughtUp()
                try await bed.server.flush()
                try await eventually("all pages are back", within: .seconds(20)) {
                    for id in clinic.practitioners {
                        let free = await bed.free(id)
                        // Either nothing is said, or the truth.
                        #expect(free?.1 == .unknown || free?.0 == "101111110000000000000000")
                        if free?.1 == .unknown { return false }
                    }
                    return true
                }
                try await bed.caughtUp()
                #expect(try await bed.equalsFold())
            }
        }
    }

    @Test("positions that neither log nor store have stop their partition, and the others flow")
    func stopsAtAHole() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            for _ in 0..<24 { try await clinic.register() }
            try await bed.running { runner in
                try await bed.relay()
                try await bed.caughtUp()
                let id = clinic.practitioners[0]
                let shard = Shard(Int(KafkaPartitioner.partition(of: id)))
                try await publish(sequence: 1_000, of: id, bed)
                try await eventually("the partition has stopped", within: .seconds(20)) {
                    runner.health.stops.count == 1
                }
                let stopped = runner.health.partitions.first { $0.partition == shard }
                #expect(stopped?.state == .stopped(.hole(.bookingEvents, expected: 1)))

                let others = clinic.practitioners.filter { KafkaPartitioner.partition(of: $0) != shard.number }
                for other in others { try await clinic.book(other, slot: 2) }
                try await bed.relay()
                try await eventually("the others have their bookings", within: .seconds(20)) {
                    for other in others where await bed.free(other)?.0 != "110111110000000000000000" { return false }
                    return true
                }
            }
        }
    }

    @Test("two runners share the partitions, and one that leaves gives its own to the other")
    func rebalances() async throws {
        try await AvailabilityBed.with { bed in
            let clinic = Clinic(bed)
            for _ in 0..<12 { try await clinic.register() }
            try await bed.relay()
            try await bed.running { one in
                try await bed.running { other in
                    try await eventually("both have partitions", within: .seconds(30)) {
                        !one.health.partitions.isEmpty && !other.health.partitions.isEmpty
                            && one.health.partitions.count + other.health.partitions.count == Shard.count
                    }
                    for id in clinic.practitioners { try await clinic.book(id, slot: 5) }
                    try await bed.relay()
                    try await bed.caughtUp()
                }
                for id in clinic.practitioners { try await clinic.book(id, slot: 6) }
                try await bed.relay()
                try await bed.caughtUp(within: .seconds(40))
                for id in clinic.practitioners { #expect(await bed.free(id)?.0 == "111110010000000000000000") }
                #expect(try await bed.equalsFold())
            }
        }
    }

    // MARK: helpers

    /// Publishes every booking event of a partition once more, as a relayer does that starts over.
    private func publishAgain(_ shard: Shard, _ bed: AvailabilityBed) async throws -> Int {
        let events = try await bed.stores[.bookingEvents]?.positions(of: shard, after: 0) ?? []
        let records = events.map { event in
            KafkaRecord(
                topic: Topic.bookingEvents.name, partition: Int32(shard.number), key: event.key.utf8,
                value: event.event.data,
                headers: [
                    KafkaHeader(name: "ce_type", text: event.event.wireType.name),
                    KafkaHeader(name: "ce_sequence", text: "\(event.position)"),
                    KafkaHeader(name: "ce_dataversion", text: "1"),
                ])
        }
        let producer = try KafkaProducer(bed.kafka, clientID: "late")
        _ = try await producer.send(records)
        await producer.close()
        return records.count
    }

    private func publish(sequence: Int64, of id: PractitionerID, _ bed: AvailabilityBed) async throws {
        let producer = try KafkaProducer(bed.kafka, clientID: "rogue")
        _ = try await producer.send([
            KafkaRecord(
                topic: Topic.bookingEvents.name, partition: KafkaPartitioner.partition(of: id), key: id.utf8,
                value: Array("{}".utf8),
                headers: [
                    KafkaHeader(name: "ce_type", text: "BookingCreated"),
                    KafkaHeader(name: "ce_sequence", text: "\(sequence)"),
                    KafkaHeader(name: "ce_dataversion", text: "1"),
                ])
        ])
        await producer.close()
    }
}
