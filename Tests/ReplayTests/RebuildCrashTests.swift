import Domain
import EventStore
import Foundation
import Postgres
import ProjectionRunner
import Redis
import TestSupport
import Testing

@testable import replay

/// `replay rebuild` as a process of its own, killed at any moment.
@Suite("G5, G7 rebuild, killed and resumed", .serialized)
struct RebuildCrashTests {
    /// How often it is killed for each model; `TEST_REBUILD_KILLS=500` for a longer proof.
    private static let kills = TestServers.setting("TEST_REBUILD_KILLS").flatMap { Int($0) } ?? 25

    @Test(
        "G5, G7: killed at random moments and resumed each time, it ends in the same digest as a fold",
        arguments: ["availability", "search"])
    func killedAndResumed(_ model: String) async throws {
        let program = try TestServers.replayProgram()
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(12, in: .fr)
            for id in history.practitioners { try await history.book(id, slots: 0..<4, in: .fr) }
            try await bed.relay()
            try await bed.buildModels()
            var series = KillSeries(bed, history, model, program: program, seed: SeededRandom().seed)
            defer { try? FileManager.default.removeItem(atPath: series.log) }
            try await bed.relay {
                try await bed.projecting { try await series.run(kills: Self.kills - 1) }
                try await series.killInHandOver()
                try await bed.projecting { try await series.finish() }
            }
            #expect(series.killed == Self.kills)
            for stage in [KillSeries.Stage.building, .tailing, .handingOver] {
                #expect(series.kills[stage, default: 0] > 0, "never killed in \(stage): \(series.kills)")
            }
            let facts = try await bed.facts(of: "rebuild")
            let finished = facts.count { $0 == "finished" }
            // Who was killed after the last step may have said so, or not.
            #expect((series.completed...(series.completed + series.kills[.ready, default: 0])).contains(finished))
            #expect(Set(facts) == ["finished", "started"], "who was killed has said nothing at its end")

            let epochs = try await EpochRegistry(bed.practitioners).epochs(of: model)
            #expect(epochs.served == 1)
            #expect(epochs.epochs.allSatisfy { $0.number == 1 || $0.state == .dropped })
            let documents = try await bed.practitioners.query(
                SQLStatement(name: "left", text: "SELECT count(*) FROM search_documents WHERE epoch <> 1"))
            #expect(documents.int(0, 0) == 0)
            let pages = try await bed.redis.call(RedisCommand("KEYS", [.text("av:[^1]*")])).array
            #expect(pages?.isEmpty == true, "\(String(describing: pages))")
        }
    }

    @Test("Ctrl-C ends it with 130 and the words that go on with it; they do, once live projection runs")
    func interrupted() async throws {
        let program = try TestServers.replayProgram()
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(6, in: .fr)
            try await bed.relay()
            try await bed.buildModels()
            let log = FileManager.default.temporaryDirectory.appending(path: "rebuild-\(UUID().uuidString).log").path
            defer { try? FileManager.default.removeItem(atPath: log) }
            let registry = EpochRegistry(bed.practitioners)
            let started = try RunningProgram(
                program, ["rebuild", "--model", "availability"], environment: bed.environment, logPath: log)
            try await eventually("it waits for live projection", within: .seconds(60)) {
                try await registry.epochs(of: "availability").adoptions.contains { $0.epoch == 2 }
            }
            started.interrupt()
            let exit = try await started.waitForExit(within: .seconds(60))
            #expect(exit == .code(130))
            #expect(started.output().contains("replay rebuild --model availability --resume"))
            try await bed.projecting {
                let ended = await bed.replay("rebuild", "--model", "availability", "--resume")
                #expect(ended.code == .success, "\(ended.complaint)")
                let epochs = try await registry.epochs(of: "availability")
                #expect(epochs[2]?.state == .ready)
            }
            let facts = try await bed.facts(of: "rebuild")
            #expect(facts == ["finished", "interrupted", "started", "started"])
        }
    }
}
