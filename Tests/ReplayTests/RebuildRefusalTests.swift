import Domain
import EventStore
import Foundation
import Kafka
import ProjectionRunner
import Redis
import TestSupport
import Testing

@testable import replay

/// What a rebuild does not begin, does not end, or waits for, and what an operator is told.
@Suite("G6, G7 rebuilds that are refused or wait", .serialized)
struct RebuildRefusalTests {
    private func prepared(_ body: (ReplayBed, History) async throws -> Void) async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(6, in: .fr)
            for id in history.practitioners { try await history.book(id, slots: 0..<2, in: .fr) }
            try await bed.relay()
            try await bed.buildModels()
            try await body(bed, history)
        }
    }

    @Test("G6 a store without its beginning: plan, rebuild and a part refuse, say what is missing, and it is on record")
    func withoutABeginning() async throws {
        try await prepared { bed, history in
            let whole = await bed.replay("plan", "--model", "availability")
            #expect(whole.answer.contains("covered    booking-events: the store has positions "), "\(whole.answer)")
            try await bed.run(
                """
                ALTER TABLE outbox_stamps DISABLE TRIGGER USER;
                DELETE FROM outbox_stamps WHERE first_position = 1;
                INSERT INTO outbox_stamps (shard, first_position, last_position, outbox_ids, recorded_from, recorded_to,
                                           stamped_at, epoch)
                SELECT coalesce(min(shard), 0), 900, 900, ARRAY[1], now(), now(), now(), 1 FROM shard_leases;
                """, in: bed.practitioners)
            let id = "\(history.practitioners[0])"
            for command in [
                ["plan", "--model", "availability"], ["rebuild", "--model", "availability"],
                ["rebuild", "--model", "search"], ["rebuild", "--model", "availability", "--practitioner", id],
            ] {
                let refused = await bed.replay(command)
                #expect(refused.code == .refused, "\(command): \(refused)")
                #expect(refused.complaint.contains("the store begins at position 900, positions 1 to 899 are not"))
            }
            #expect(try await EpochRegistry(bed.practitioners).epochs(of: "availability").epochs.count == 1)
            #expect(try await bed.facts(of: "rebuild") == ["refused", "refused", "refused"])
        }
    }

    @Test("Redis is emptied, and one rebuild of all models brings all back", arguments: [true, false])
    func afterFlush(_ swaps: Bool) async throws {
        try await prepared { bed, _ in
            try await bed.projecting {
                _ = try await bed.redis.call(RedisCommand("FLUSHDB"))
                let rebuilt = await bed.replay(["rebuild"] + (swaps ? ["--swap"] : []))
                #expect(rebuilt.code == .success, "\(rebuilt.answer)\(rebuilt.complaint)")
                try await eventually("all is back", within: .seconds(60)) {
                    await bed.replay("verify", "models").code == .success
                }
                for model in ["availability", "search"] {
                    let epochs = try await EpochRegistry(bed.practitioners).epochs(of: model)
                    #expect(epochs.served == (swaps ? 2 : 1) && epochs[2]?.isProved == true)
                }
            }
        }
    }

    @Test("search without the pages that it takes free slots from: refused with the way, and nothing is begun")
    func withoutPages() async throws {
        try await prepared { bed, history in
            _ = try await bed.redis.call(RedisCommand("FLUSHDB"))
            for scope in [[], ["--country", "fr"], ["--practitioner", "\(history.practitioners[0])"]] {
                let refused = await bed.replay(["rebuild", "--model", "search"] + scope)
                #expect(refused.code == .refused, "\(refused)")
                #expect(refused.complaint.contains("first: replay rebuild --model availability --swap"))
            }
            #expect(try await EpochRegistry(bed.practitioners).epochs(of: "search").epochs.count == 1)
        }
    }

    @Test("somebody swaps while a plan is carried out: it is not overridden, and the new epoch waits")
    func swappedInBetween() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).plan").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await prepared { bed, _ in
            let planned = await bed.replay("plan", "--model", "availability", "--output", file)
            #expect(planned.code == .success, "\(planned.complaint)")
            let registry = EpochRegistry(bed.practitioners)
            let rebuilding = Task { await bed.replay("rebuild", "--plan", file, "--swap") }
            try await eventually("it waits for live projection", within: .seconds(60)) {
                try await registry.epochs(of: "availability").adoptions.contains { $0.epoch == 2 }
            }
            try await bed.run(
                "UPDATE projection_models SET fence = fence + 1 WHERE model = 'availability'", in: bed.practitioners)
            try await bed.projecting {
                let refused = await rebuilding.value
                #expect(refused.code == .refused && refused.complaint.contains("somebody else swapped"), "\(refused)")
                let epochs = try await registry.epochs(of: "availability")
                #expect(epochs.served == 1 && epochs[2]?.state == .ready)
            }
        }
    }

    @Test("foreign records of the log stop nothing, are counted, and it is noted where they stand")
    func foreignRecords() async throws {
        try await prepared { bed, _ in
            let producer = try KafkaProducer(bed.broker.settings, clientID: "stranger")
            _ = try await producer.send([
                KafkaRecord(
                    topic: Topic.bookingEvents.name, partition: 0, key: Array("nobody".utf8), value: Array("{}".utf8))
            ])
            await producer.close()
            try await bed.projecting {
                let rebuilt = await bed.replay("rebuild", "--model", "availability", "--source", "log")
                #expect(rebuilt.code == .success, "\(rebuilt.complaint)")
                #expect(rebuilt.answer.contains("foreign    1 records of the log are no events of ours"))
                let listed = await bed.replay("quarantine", "list", "--json")
                #expect(listed.answer.contains(#""record":"foreign""#), "\(listed.answer)")
            }
        }
    }
}
