import AvailabilityProjection
import Domain
import EventStore
import Kafka
import Postgres
import ProjectionRunner
import TestSupport
import Testing

@testable import replay

/// The log loses records that a rebuild counts on: refused, or taken from the store, and never clamped.
@Suite("G6 the log loses what a rebuild needs", .serialized)
struct LostLogTests {
    /// Enough for every partition to have events of both topics.
    private static let people = 24

    private func prepared(
        kafka: String? = nil, topicSettings: [String: String] = [:], _ body: (ReplayBed, History) async throws -> Void
    ) async throws {
        try await ReplayBed.with(kafka: kafka, topicSettings: topicSettings) { bed in
            let history = History(bed)
            try await history.register(Self.people, in: .fr)
            for id in history.practitioners { try await history.book(id, slots: 0..<2, in: .fr) }
            try await bed.relay()
            try await body(bed, history)
        }
    }

    @Test("brokers that forgot everything cover nothing: each partition's missing positions are listed, exit code 4")
    func emptyBroker() async throws {
        try await prepared { bed, history in
            try await bed.buildModels()
            let heads = try await bed.heads()
            try await bed.broker.replace()
            // The newest positions alone are no proof either.
            for id in history.practitioners { try await history.book(id, slots: 2..<3, in: .fr) }
            try await bed.relay()
            let refused = await bed.replay("rebuild", "--model", "availability", "--source", "log")
            #expect(refused.code == .refused, "\(refused.answer)\(refused.complaint)")
            for (topic, positions) in heads {
                for (partition, head) in positions.enumerated() {
                    try #require(head > 0, "nobody lives in partition \(partition)")
                    let line = "\(topic.name) partition \(partition): positions 1 to \(head) are not in the log"
                    #expect(refused.complaint.contains(line), "\(refused.complaint)")
                }
            }
            let epochs = try await EpochRegistry(bed.practitioners).epochs(of: "availability")
            #expect(epochs.epochs.count == 1, "what is refused begins nothing")
        }
    }

    @Test(
        "a real broker's records expire while a rebuild reads: refused at the position, or taken from the store",
        .enabled(if: OwnKafka.isPresent, "skipped: there is no ../shared/engines/kafka-engine here"))
    func expired() async throws {
        try await OwnKafka.with("expired", settings: OwnKafka.expiring) { kafka in
            try await losesAllOfTheLog(kafka)
            try await losesTheBeginning(kafka)
            try await takenFromTheStore(kafka)
        }
    }

    /// All is gone when the reading begins, after it was proved that all was there.
    private func losesAllOfTheLog(_ kafka: OwnKafka) async throws {
        try await prepared(kafka: kafka.bootstrap) { bed, _ in
            try await bed.buildModels()
            let ended = try await bed.holding("LOCK TABLE projection_rebuild_ends IN SHARE MODE") {
                let running = Task { await bed.replay("rebuild", "--model", "availability", "--source", "log") }
                try await bed.untilSomebodyWaits(for: "projection_rebuild_ends")
                try await kafka.expire(bed)
                return running
            }.value
            #expect(ended.code == .refused, "\(ended.answer)\(ended.complaint)")
            #expect(ended.complaint.contains(/positions? 1 .*not in the log/), "\(ended.complaint)")
        }
    }

    /// The oldest segments are gone, and newer ones are there.
    private func losesTheBeginning(_ kafka: OwnKafka) async throws {
        try await prepared(kafka: kafka.bootstrap) { bed, history in
            try await bed.buildModels()
            let ended = try await bed.holding("LOCK TABLE projection_rebuild_ends IN ACCESS EXCLUSIVE MODE") {
                let running = Task { await bed.replay("rebuild", "--model", "availability", "--source", "log") }
                try await bed.untilSomebodyWaits(for: "projection_rebuild_ends")
                try await kafka.expire(bed)
                try await kafka.keep()
                try await history.register(1, in: .fr)
                for id in history.practitioners { try await history.book(id, slots: 2..<3, in: .fr) }
                try await bed.relay()
                return running
            }.value
            #expect(ended.code == .refused, "\(ended.answer)\(ended.complaint)")
            #expect(ended.complaint.contains(/positions? 1 .*not in the log/), "\(ended.complaint)")
        }
    }

    /// The tail is gone before it was followed: the store has it.
    private func takenFromTheStore(_ kafka: OwnKafka) async throws {
        try await prepared(kafka: kafka.bootstrap, topicSettings: ["retention.ms": "1"]) { bed, history in
            try await bed.buildModels()
            try await bed.projecting {
                let rebuilt = try await bed.holdingAfterTheFold {
                    Task { await bed.replay("rebuild", "--model", "availability") }
                } meanwhile: {
                    // After the snapshot, and out of the log before anybody follows it.
                    for id in history.practitioners { try await history.book(id, slots: 4..<7, in: .fr) }
                    try await bed.relay()
                    try await bed.untilLogIsEmpty(.bookingEvents)
                }
                #expect(rebuilt.code == .success, "\(rebuilt.answer)\(rebuilt.complaint)")
                let (shadow, live) = (bed.availability(2), bed.availability(1))
                try await eventually("rebuilt, live and fold are equal", within: .seconds(60)) {
                    for shard in Shard.all {
                        let fold = try await live.digestOfStores(of: shard)
                        guard try await shadow.digest(of: shard) == fold, try await live.digest(of: shard) == fold
                        else { return false }
                    }
                    return true
                }
                let swapped = await bed.replay("swap", "--model", "availability")
                #expect(swapped.code == .success, "\(swapped.complaint)")
                let proved = await bed.replay("verify", "models", "--model", "availability")
                #expect(proved.code == .success, "\(proved.answer)\(proved.complaint)")
            }
        }
    }
}

extension ReplayBed {
    /// The last position given in each topic and partition.
    fileprivate func heads() async throws -> [Topic: [Int64]] {
        var heads: [Topic: [Int64]] = [:]
        for (topic, pool) in [(Topic.bookingEvents, bookings), (.practitionerEvents, practitioners)] {
            heads[topic] = try await EventReader(pool).heads().prefix(Shard.count).map(\.stamped)
        }
        return heads
    }
}
