import Domain
import EventStore
import Foundation
import Postgres
import ProjectionRunner
import TestSupport
import Testing

@testable import replay

/// Two operators on two machines, as two processes are.
@Suite("two operators start the same rebuild", .serialized)
struct RebuildOperatorsTests {
    @Test("of two processes that begin at once one is refused with one clear line, and the other is not disturbed")
    func oneIsRefused() async throws {
        let program = try TestServers.replayProgram()
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(6, in: .fr)
            try await bed.relay()
            try await bed.buildModels()
            try await bed.projecting {
                let logs = (0..<2).map { _ in
                    FileManager.default.temporaryDirectory.appending(path: "operator-\(UUID().uuidString).log").path
                }
                defer { for log in logs { try? FileManager.default.removeItem(atPath: log) } }
                // Whoever is first waits here, so that it cannot be over before the other one has asked.
                let operators = try await bed.holding("LOCK TABLE projection_rebuild_ends IN SHARE MODE") {
                    let operators = try logs.map { log in
                        try RunningProgram(
                            program, ["rebuild", "--model", "availability"], environment: bed.environment, logPath: log)
                    }
                    try await eventually("one of them has ended", within: .seconds(60)) {
                        operators.contains { !$0.isRunning }
                    }
                    return operators
                }
                let refused = try #require(operators.first { $0.exit != nil })
                #expect(refused.exit == .code(4), "\(refused.output())")
                let winner = try #require(operators.first { $0.pid != refused.pid })
                let exit = try await winner.waitForExit(within: .seconds(60))
                #expect(exit == .code(0), "\(winner.output())")

                let lines = refused.output().split(separator: "\n")
                let clear = lines.filter { $0.contains("is rebuilding the same, as epoch 2") }
                #expect(clear.count == 1, "\(lines)")
                #expect(clear.first?.contains("process \(winner.pid) on ") == true, "it names who is at it: \(lines)")
                #expect(lines.allSatisfy { $0.hasPrefix("replay: refused: ") }, "\(lines)")
                let epochs = try await EpochRegistry(bed.practitioners).epochs(of: "availability")
                #expect(epochs.epochs.map(\.number) == [1, 2] && epochs[2]?.state == .ready)
            }
        }
    }
}
