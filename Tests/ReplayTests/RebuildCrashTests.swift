import AvailabilityProjection
import Domain
import EventStore
import Foundation
import ProjectionRunner
import TestSupport
import Testing

@testable import replay

/// `replay rebuild` as a process of its own, killed at any moment.
@Suite("G5, G7 rebuild, killed and resumed", .serialized)
struct RebuildCrashTests {
    /// How often it is killed; `REBUILD_KILLS=50` for the whole proof.
    private static let kills = TestServers.setting("REBUILD_KILLS").flatMap { Int($0) } ?? 10

    @Test("killed at random moments and resumed each time, it ends in the same digest as a fold")
    func killedAndResumed() async throws {
        let program = try TestServers.replayProgram()
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(30, in: .fr)
            for id in history.practitioners { try await history.book(id, slots: 0..<4, in: .fr) }
            try await bed.relay()
            try await bed.buildModels()
            try await bed.projecting {
                let log = FileManager.default.temporaryDirectory.appending(path: "rebuild-\(UUID().uuidString).log")
                    .path
                defer { try? FileManager.default.removeItem(atPath: log) }
                var random = SeededRandom(seed: 7)
                var isResumed = false
                for kill in 0..<Self.kills {
                    let started = try RunningProgram(
                        program, ["rebuild", "--model", "availability"] + (isResumed ? ["--resume"] : []),
                        environment: bed.environment, logPath: log)
                    try await Task.sleep(for: .milliseconds(Int.random(in: 20...1_500, using: &random)))
                    if started.isRunning { try await started.crash() }
                    let epochs = try await EpochRegistry(bed.practitioners).epochs(of: "availability")
                    isResumed = epochs.epochs.contains { $0.state.isUnfinished }
                    // Something happens meanwhile that the next attempt has to find.
                    try await history.book(
                        history.practitioners[kill % 30], slots: (4 + kill / 30)..<(5 + kill / 30), in: .fr)
                    try await bed.relay()
                }
                if isResumed {
                    let ended = await bed.replay("rebuild", "--model", "availability", "--resume")
                    #expect(ended.code == .success, "\(ended.complaint)")
                } else {
                    _ = await bed.replay("rebuild", "--model", "availability")
                }
                let epochs = try await EpochRegistry(bed.practitioners).epochs(of: "availability")
                let ready = try #require(epochs.epochs.last { $0.state == .ready })
                #expect(ready.isProved && epochs.served == 1)
                let (rebuilt, live) = (bed.availability(ready.number), bed.availability(1))
                try await eventually("the rebuilt epoch, the live one and the fold are equal", within: .seconds(30)) {
                    for shard in Shard.all {
                        let digests = [
                            try await rebuilt.digest(of: shard), try await live.digest(of: shard),
                            try await rebuilt.digestOfStores(of: shard),
                        ]
                        if Set(digests).count != 1 { return false }
                    }
                    return true
                }
            }
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
            let exit = try await started.waitForExit(within: .seconds(20))
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
