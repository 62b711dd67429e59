import AvailabilityProjection
import Domain
import EventStore
import Foundation
import Postgres
import Redis
import SearchProjection
import TestSupport
import Testing

@testable import ProjectionRunner
@testable import replay

/// `replay swap`, `rollback` and `drop` as an operator uses them.
@Suite("G7 swap, roll back, drop", .serialized)
struct EpochCommandsTests {
    private static let models = ["availability", "search"]

    /// A bed with people, bookings and both models in epoch 1.
    private func prepared(_ body: (ReplayBed) async throws -> Void) async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(6, in: .fr)
            for id in history.practitioners { try await history.book(id, slots: 0..<3, in: .fr) }
            try await bed.relay()
            try await bed.buildModels()
            try await body(bed)
        }
    }

    @Test("both models are swapped, verified, rolled back, and the epoch left is dropped without a trace")
    func goesRound() async throws {
        try await prepared { bed in
            let lanes = try await bed.lanes()
            try await bed.shadows(lanes)
            for model in Self.models {
                let swapped = await bed.replay("swap", "--model", model, "--reason", "a test", "--json")
                #expect(swapped.code == .success, "\(swapped.complaint)")
                let line = try #require(JSONSerialization.jsonObject(with: Data(swapped.answer.utf8)) as? [String: Any])
                #expect(line["from"] as? Int == 1 && line["to"] as? Int == 2 && line["fence"] as? Int == 2)
                #expect(try #require(line["milliseconds"] as? Double) > 0)
            }
            // What is looked at is what is served: the epochs before may be gone.
            let proved = await bed.replay("verify", "models")
            #expect(proved.code == .success, "\(proved.answer)\(proved.complaint)")
            let status = await bed.replay("status")
            #expect(status.answer.contains("epoch    2  served") && status.answer.contains("epoch    1  kept"))

            for model in Self.models {
                try await bed.word(model, [1], lanes)
                let back = await bed.replay("rollback", "--model", model)
                #expect(back.code == .success, "\(back.complaint)")
                #expect(back.answer.contains("\(model) rolled back from epoch 2 to epoch 1"))
                let refused = await bed.replay("drop", "--model", model, "--epoch", "1")
                #expect(refused.code == .refused && refused.complaint.contains("what readers are answered from"))
            }
            for model in Self.models {
                try await bed.silence(model)
                let dropped = await bed.replay("drop", "--model", model, "--epoch", "2")
                #expect(dropped.code == .success, "\(dropped.complaint)")
                let again = await bed.replay("drop", "--model", model, "--epoch", "2")
                #expect(again.code == .refused && again.complaint.contains("epoch 2 is dropped"))
            }
            #expect(try await bed.redis.call(RedisCommand("KEYS", ["av:2:*"])).array?.isEmpty == true)
            for table in ["search_documents", "search_names", "search_checkpoints"] {
                let statement = SQLStatement(name: "t", text: "SELECT epoch, count(*) FROM \(table) GROUP BY epoch")
                let rows = try await bed.practitioners.query(statement)
                #expect(rows.count == 1 && rows.int(0, 0) == 1, "\(table)")
            }
            // What is remembered is the stores' and holds for every epoch.
            let again = try await bed.verify()
            #expect(again.code == .success && again.kind == "quick", "\(again)")
            #expect(try await bed.facts(of: "swap") == ["finished", "finished", "started", "started"])
            #expect(
                try await bed.facts(of: "drop") == [
                    "finished", "finished", "refused", "refused", "refused", "refused", "started", "started", "started",
                    "started", "started", "started",
                ])
        }
    }

    @Test("what is missing is said, and nothing changes")
    func refuses() async throws {
        try await prepared { bed in
            let none = await bed.replay("swap", "--model", "availability")
            #expect(none.code == .refused && none.complaint.contains("no epoch is ready"))
            let nowhere = await bed.replay("rollback", "--model", "search")
            #expect(nowhere.code == .refused && nowhere.complaint.contains("no epoch that was served before"))
            let unknown = await bed.replay("drop", "--model", "search", "--epoch", "9")
            #expect(unknown.code == .refused && unknown.complaint.contains("search has no epoch 9"))

            let lanes = try await bed.lanes()
            try await bed.shadows(lanes, words: [], folded: "1:1")
            let unproved = await bed.replay("swap", "--model", "search", "--epoch", "2")
            #expect(unproved.code == .refused && unproved.complaint.contains("a fold of the stores says 1:1"))
            try await bed.run(
                "UPDATE projection_epochs SET folded_digest = held_digest WHERE epoch = 2", in: bed.practitioners)
            let alone = await bed.replay("swap", "--model", "search", "--json")
            #expect(alone.code == .refused)
            #expect(alone.complaint.contains("does not write epoch 2 in partitions 0, 1, 2, 3, 4, 5"))
            // Adopted, and yet behind: a booking that readers have seen is not in the shadow.
            try await bed.word("availability", [2], lanes)
            for partition in Shard.all {
                let key = "av:1:{checkpoint.\(partition.number)}"
                _ = try await bed.redis.call(RedisCommand("HSET", [.text(key), "topic:booking-events", "999,,"]))
            }
            let behind = await bed.replay("swap", "--model", "availability")
            #expect(behind.code == .refused)
            #expect(behind.complaint.contains("is behind the served one in partition 0 of booking-events"))
            for model in Self.models {
                #expect(try await EpochRegistry(bed.practitioners).epochs(of: model).served == 1)
            }
        }
    }

    @Test("a drop that was interrupted while readers may still hold the epoch goes on where it was")
    func resumesADrop() async throws {
        try await prepared { bed in
            let lanes = try await bed.lanes()
            try await bed.shadows(lanes)
            #expect(await bed.replay("swap", "--model", "search").code == .success)
            try await bed.silence("search")
            let captured = CapturedConsole()
            let program = ReplayProgram(environment: bed.environment, console: captured.console)
            let dropping = Task { await program.run(["replay", "drop", "--model", "search", "--epoch", "1"]) }
            let registry = EpochRegistry(bed.practitioners)
            try await eventually("the epoch is being dropped") {
                try await registry.epochs(of: "search")[1]?.state == .dropping
            }
            dropping.cancel()
            #expect(await dropping.value == .interrupted)
            // Nothing was deleted while a reader could hold it.
            #expect(try await bed.documents(of: 1) > 0)
            #expect(await bed.replay("drop", "--model", "search", "--epoch", "1").code == .success)
            #expect(try await bed.documents(of: 1) == 0)
            #expect(try await bed.documents(of: 2) > 0)
        }
    }
}

extension ReplayBed {
    private static let models = ["availability", "search"]

    /// A lane in every partition of both models.
    fileprivate func lanes() async throws -> [String: [Shard: Int64]] {
        var lanes: [String: [Shard: Int64]] = [:]
        for model in Self.models {
            for shard in Shard.all {
                lanes[model, default: [:]][shard] = try await EpochRegistry(practitioners)
                    .beginLane(model, shard, owner: "test")
            }
        }
        return lanes
    }

    /// Epoch 2 of both models, built and proved, with the word of the lanes of `words`.
    fileprivate func shadows(
        _ lanes: [String: [Shard: Int64]], words: [String] = models, folded: String = "18:2"
    ) async throws {
        let registry = EpochRegistry(practitioners)
        for model in Self.models {
            let made = try await registry.createShadow(
                model, source: "the stores", by: "test", lease: .seconds(60)
            ).number
            #expect(made == 2)
            try await registry.change(model, made, to: .tailing, by: "test")
            try await registry.requestAdoption(model, made)
            try await registry.recordDigests(model, made, held: "18:2", folded: folded, by: "test")
            try await registry.change(model, made, to: .ready, by: "test")
        }
        try await buildModels(epoch: 2)
        for model in words { try await word(model, [2], lanes) }
    }

    fileprivate func word(_ model: String, _ epochs: [Int64], _ lanes: [String: [Shard: Int64]]) async throws {
        let registry = EpochRegistry(practitioners)
        let fence = try await registry.epochs(of: model).fence
        for (shard, generation) in lanes[model] ?? [:] {
            #expect(try await registry.giveWord(model, epochs, shard, generation: generation, fence: fence))
        }
    }

    /// Nobody has heard of the lanes for long: their process is gone.
    fileprivate func silence(_ model: String) async throws {
        try await run(
            "UPDATE projection_lanes SET seen_at = seen_at - interval '1 minute' WHERE model = '\(model)'",
            in: practitioners)
    }

    fileprivate func documents(of epoch: Int64) async throws -> Int64 {
        let statement = SQLStatement(name: "t", text: "SELECT count(*) FROM search_documents WHERE epoch = \(epoch)")
        return try await practitioners.query(statement).int(0, 0)
    }

    /// The phases that the history has of a kind of operation, sorted.
    func facts(of kind: String) async throws -> [String] {
        let statement = SQLStatement(
            name: "t",
            text: """
                SELECT data ->> 'phase' FROM (SELECT convert_from(data, 'UTF8')::jsonb AS data FROM events
                    WHERE type = 'OperationRecorded') AS facts
                WHERE data ->> 'operation' = '\(kind)' ORDER BY 1
                """)
        let rows = try await bookings.query(statement)
        return (0..<rows.count).map { rows.text($0, 0) }
    }
}
