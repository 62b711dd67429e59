import Domain
import EventStore
import Foundation
import JSON
import Postgres
import ProjectionRunner
import TestSupport
import Testing

@testable import replay

/// What the sealed history says of what operators did: who, which plan, what came out, which digests.
@Suite("facts about operations", .serialized)
struct OperationFactsTests {
    /// A command, how it ends, and what its last fact must say besides the model.
    private struct Command {
        let words: [String]
        var code = ExitCode.success
        let kind: OperationKind
        var phase = OperationPhase.finished
        let details: Set<String>
    }

    private func prepared(_ body: (ReplayBed, History) async throws -> Void) async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(6, in: .fr)
            try await bed.relay()
            try await bed.buildModels()
            try await body(bed, history)
        }
    }

    @Test("every command leaves what it was about and what came of it")
    func commands() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).plan").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await prepared { bed, history in
            let id = "\(history.practitioners[0])"
            let commands = [
                Command(
                    words: ["swap", "--model", "availability"], code: .refused, kind: .swap, phase: .refused,
                    details: ["model", "cause"]),
                Command(
                    words: ["rollback", "--model", "availability"], code: .refused, kind: .rollback, phase: .refused,
                    details: ["model", "cause"]),
                Command(
                    words: ["plan", "--model", "availability", "--output", file], kind: .plan,
                    details: ["models", "scope", "changing", "plan_sha256"]),
                Command(
                    words: ["rebuild", "--plan", file, "--swap"], kind: .rebuild,
                    details: ["model", "scope", "source", "plan_sha256", "epoch", "held_digest", "folded_digest"]),
                Command(
                    words: ["rebuild", "--plan", file], code: .refused, kind: .rebuild, phase: .refused,
                    details: ["models", "scope", "plan_sha256", "cause"]),
                Command(
                    words: ["rebuild", "--model", "availability", "--practitioner", id], kind: .rebuild,
                    details: ["model", "scope", "looked", "changed", "held_digest", "folded_digest"]),
                Command(
                    words: ["rebuild", "--model", "search", "--country", "fr"], kind: .rebuild,
                    details: ["model", "scope", "looked", "changed", "held_digest", "folded_digest"]),
                Command(
                    words: ["diff", "--model", "availability"], kind: .diff,
                    details: ["models", "against", "scope", "differences", "held_digest", "expected_digest"]),
                Command(
                    words: ["rollback", "--model", "availability"], kind: .rollback,
                    details: ["model", "from_epoch", "to_epoch", "fence"]),
            ]
            try await bed.projecting {
                for command in commands {
                    if command.phase == .finished, command.kind == .rollback {
                        try await eventually("live projection writes the epoch before", within: .seconds(30)) {
                            try await EpochRegistry(bed.practitioners).adoptedPartitions("availability", 1).count
                                == Shard.count
                        }
                    }
                    let done = await bed.replay(command.words)
                    #expect(done.code == command.code, "\(command.words): \(done)")
                    let fact = try #require(try await bed.lastFact(of: command.kind))
                    #expect(fact.phase == command.phase.rawValue, "\(command.words)")
                    let missing = command.details.subtracting(fact.details.keys)
                    #expect(missing.isEmpty, "\(command.words): \(missing) are not among \(fact.details)")
                    if let held = fact.details["held_digest"], command.kind == .rebuild {
                        #expect(held == fact.details["folded_digest"], "nothing was wrong")
                    }
                }
                let swap = try #require(try await bed.lastFact(of: .swap))
                #expect(swap.phase == "finished" && swap.details["held_digest"] != nil)
                #expect(swap.details["held_digest"] == swap.details["folded_digest"])
                let plan = try #require(try await bed.lastFact(of: .plan))
                #expect(try RebuildPlanFile(file).digest == plan.details["plan_sha256"])
            }
        }
    }

    @Test("who resumes a rebuild that followed the log already leaves its digests, too")
    func resumed() async throws {
        try await prepared { bed, _ in
            let registry = EpochRegistry(bed.practitioners)
            let rebuilding = Task { await bed.replay("rebuild", "--model", "availability") }
            try await eventually("it waits for live projection", within: .seconds(60)) {
                try await registry.epochs(of: "availability").adoptions.contains { $0.epoch == 2 }
            }
            rebuilding.cancel()
            #expect(await rebuilding.value.code == .interrupted)
            try await bed.projecting {
                let ended = await bed.replay("rebuild", "--model", "availability", "--resume")
                #expect(ended.code == .success, "\(ended.complaint)")
                let fact = try #require(try await bed.lastFact(of: .rebuild))
                let record = try #require(try await registry.epochs(of: "availability")[2])
                #expect(fact.phase == "finished" && record.isProved)
                #expect(fact.details["held_digest"] == record.heldDigest)
                #expect(fact.details["folded_digest"] == record.foldedDigest)
            }
        }
    }

    @Test("an end that cannot be recorded is said; what was done stays done")
    func unrecorded() async throws {
        try await prepared { bed, _ in
            let captured = CapturedConsole()
            let heading = RecordedOperation.Heading(
                .drop, by: OperationActor(role: "operator", subject: "test"), details: [])
            let done = try await Connections.with(bed.environment) { connections in
                try await RecordedOperation.run(heading, connections, captured.console) { _ in
                    try await bed.run("ALTER TABLE outbox RENAME TO outbox_elsewhere", in: bed.bookings)
                    return (7, [])
                }
            }
            #expect(done == 7)
            #expect(captured.complaint.contains("not on record: that operation "), "\(captured.complaint)")
            #expect(captured.complaint.contains("(drop) is finished"))
        }
    }
}

extension ReplayBed {
    /// The last fact that the history has of a kind of operation.
    fileprivate func lastFact(of kind: OperationKind) async throws -> (phase: String, details: [String: String])? {
        let statement = SQLStatement(
            name: "t",
            text: """
                SELECT convert_from(data, 'UTF8') FROM events
                WHERE type = 'OperationRecorded'
                    AND convert_from(data, 'UTF8')::jsonb ->> 'operation' = '\(kind.rawValue)'
                ORDER BY event_number DESC LIMIT 1
                """)
        let rows = try await bookings.query(statement)
        guard rows.count == 1 else { return nil }
        let value = try parseJSON(Array(rows.text(0, 0).utf8))
        var details: [String: String] = [:]
        for detail in value["details"]?.arrayValue ?? [] {
            guard let name = detail["name"]?.stringValue else { continue }
            details[name] = detail["value"]?.stringValue ?? detail["value"]?.intValue.map { "\($0)" } ?? ""
        }
        return (value["phase"]?.stringValue ?? "", details)
    }
}
