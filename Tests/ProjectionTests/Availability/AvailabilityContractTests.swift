import Domain
import EventStore
import ProjectionRunner
import Redis
import TestSupport
import Testing

@testable import AvailabilityProjection

/// What any history must come to, however it is delivered: G5.
@Suite("G5 availability: applying twice equals applying once, and both equal a fold of the store", .serialized)
struct AvailabilityContractTests {
    /// A history, and who is free when it is over: bitmaps of today.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let happens: @Sendable (Clinic) async throws -> Void
        let then: [String]
    }

    private static let morning = "111111110000000000000000"
    private static let nothing = "000000000000000000000000"
    private static var today: LocalDate { AvailabilityBed.today }

    static let cases: [Case] = [
        Case(
            testDescription: "a registration opens nothing", happens: { _ = try await $0.register(works: false) },
            then: [nothing]),
        Case(testDescription: "a schedule opens its slots", happens: { _ = try await $0.register() }, then: [morning]),
        Case(
            testDescription: "a visit of two slots takes both",
            happens: { try await $0.book(try await $0.register(), slot: 1, count: 2) },
            then: ["100111110000000000000000"]),
        Case(
            testDescription: "a cancelled visit gives its slots back",
            happens: { try await $0.cancel(try await $0.book(try await $0.register(), slot: 0)) }, then: [morning]),
        Case(
            testDescription: "a slot that was cancelled can be taken again",
            happens: { clinic in
                let id = try await clinic.register()
                try await clinic.cancel(try await clinic.book(id, slot: 7))
                try await clinic.book(id, slot: 7)
            }, then: ["111111100000000000000000"]),
        Case(
            testDescription: "a move within one practitioner moves the slot",
            happens: { clinic in
                let id = try await clinic.register()
                var visit = try await clinic.book(id, slot: 0)
                try await clinic.move(&visit, to: id, on: today, slot: 3)
            }, then: ["111011110000000000000000"]),
        Case(
            testDescription: "a move to another practitioner touches each on its side",
            happens: { clinic in
                let (one, other) = (try await clinic.register(), try await clinic.register())
                var visit = try await clinic.book(one, slot: 0)
                try await clinic.move(&visit, to: other, on: today, slot: 5)
            }, then: [morning, "111110110000000000000000"]),
        Case(
            testDescription: "a closed day offers nothing, and what is booked stays booked",
            happens: { clinic in
                let id = try await clinic.register()
                let visit = try await clinic.book(id, slot: 2)
                try await clinic.close(id, on: today)
                try await clinic.displace(visit)
            }, then: [nothing]),
        Case(
            testDescription: "a new schedule replaces the old one around bookings",
            happens: { clinic in
                let id = try await clinic.register()
                try await clinic.book(id, slot: 4)
                try await clinic.setSchedule(id, from: "10:00", to: "11:00")
                try await clinic.rename(id)
            }, then: ["000001000000000000000000"]),
        Case(
            testDescription: "a deactivated practitioner offers nothing",
            happens: { try await $0.deactivate(try await $0.register()) }, then: [nothing]),
    ]

    @Test(arguments: cases)
    func comesTo(_ example: Case) async throws {
        try await AvailabilityBed.with { bed in
            let model = bed.model()
            for shard in Shard.all { _ = try await model.takeBaseline(of: shard, ends: [:]) }  // of nothing
            let clinic = Clinic(bed)
            try await example.happens(clinic)
            try await bed.relay(publishing: false)

            for _ in 1...2 {  // the second time from the beginning, as after a lost checkpoint
                for shard in Shard.all { try await deliver(shard, to: model, bed, sizes: [1, 3, 100]) }
                try await expect(example, clinic, bed, model)
            }
            // With other borders, and by another process that knows nothing.
            let other = bed.model()
            for shard in Shard.all {
                _ = try await other.checkpoint(of: shard)
                try await deliver(shard, to: other, bed, sizes: [2])
            }
            try await expect(example, clinic, bed, other)

            try await bed.server.flush()
            for id in clinic.practitioners {
                let unknown = await bed.free(id)
                #expect(unknown?.1 == .unknown)
                #expect(unknown?.0 == Self.nothing)
            }
            for shard in Shard.all { _ = try await model.takeBaseline(of: shard, ends: [:]) }
            try await expect(example, clinic, bed, model)
        }
    }

    private func expect(
        _ example: Case, _ clinic: Clinic, _ bed: AvailabilityBed, _ model: AvailabilityModel
    ) async throws {
        for (id, bitmap) in zip(clinic.practitioners, example.then) {
            #expect(await bed.free(id)?.0 == bitmap)
        }
        #expect(try await bed.equalsFold(model))
    }

    /// Gives a partition's whole history to the model, in batches of these sizes over and over.
    private func deliver(
        _ shard: Shard, to model: AvailabilityModel, _ bed: AvailabilityBed, sizes: [Int]
    ) async throws {
        var records: [ProjectionRecord] = []
        for topic in [Topic.practitionerEvents, .bookingEvents] {
            for event in try await bed.stores[topic]?.positions(of: shard, after: 0) ?? [] {
                records.append(ProjectionRecord(event, topic: topic))
            }
        }
        var checkpoint = ProjectionCheckpoint(
            positions: AvailabilityModel.topics.map { TopicPosition(topic: $0, sequence: 0) })
        var turn = 0
        while !records.isEmpty {
            let some = Array(records.prefix(sizes[turn % sizes.count]))
            let previous = checkpoint
            for record in some { checkpoint.set(TopicPosition(topic: record.topic, sequence: record.sequence)) }
            try await model.apply(
                ProjectionBatch(partition: shard, records: some, previous: previous, checkpoint: checkpoint))
            records.removeFirst(some.count)
            turn += 1
        }
    }
}
