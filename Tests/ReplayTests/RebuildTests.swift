import Domain
import EventStore
import Foundation
import ProjectionRunner
import TestSupport
import Testing

@testable import replay

/// `replay rebuild` as an operator uses it, beside live projection.
@Suite("G5, G6, G7 rebuild", .serialized)
struct RebuildTests {
    /// A bed with people, bookings, both models in epoch 1, and live projection at work.
    private func prepared(_ body: (ReplayBed, History) async throws -> Void) async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(12, in: .fr)
            for id in history.practitioners { try await history.book(id, slots: 0..<3, in: .fr) }
            try await bed.relay()
            try await bed.buildModels()
            try await bed.projecting { try await body(bed, history) }
        }
    }

    private func line(_ answer: String, _ record: String) throws -> [String: Any] {
        let lines = answer.split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        return try #require(lines.last { $0["record"] as? String == record }, "no \(record) in \(answer)")
    }

    @Test("a model is rebuilt, swapped in, and goes on with what happens next", arguments: ["availability", "search"])
    func rebuildsAndSwaps(_ model: String) async throws {
        try await prepared { bed, history in
            let rebuilt = await bed.replay("rebuild", "--model", model, "--swap", "--reason", "a test", "--json")
            #expect(rebuilt.code == .success, "\(rebuilt.answer)\(rebuilt.complaint)")
            let summary = try line(rebuilt.answer, "rebuild")
            #expect(summary["epoch"] as? Int == 2 && summary["quarantined"] as? Int == 0)
            #expect(try line(rebuilt.answer, "swap")["to"] as? Int == 2)
            let epochs = try await EpochRegistry(bed.practitioners).epochs(of: model)
            #expect(epochs.served == 2 && epochs[2]?.isProved == true && epochs[1]?.state == .kept)

            for id in history.practitioners { try await history.book(id, slots: 4..<6, in: .fr) }
            try await bed.relay()
            try await eventually("the new epoch has what came after it", within: .seconds(30)) {
                await bed.replay("verify", "models", "--model", model).code == .success
            }
            #expect(try await bed.facts(of: "rebuild") == ["finished", "started"])
        }
    }
}
