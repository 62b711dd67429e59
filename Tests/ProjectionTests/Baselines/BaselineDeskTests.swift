import Domain
import EventStore
import Postgres
import TestSupport
import Testing

@testable import ProjectionRunner

/// Of several processes one publishes a round, and what one has left another does.
@Suite("Claims of rounds")
struct BaselineDeskTests {
    private static let models = ["availability", "search"]
    private let ids = SeededIdentifiers(seed: 3)

    private func claim(
        _ desk: BaselineDesk, _ owner: String, every: Duration = .seconds(3_600), ends: Int64 = 1_000,
        lease: Duration = .seconds(60)
    ) async throws -> BaselineDesk.Claim? {
        try await desk.claim(
            Self.models, every: every, ends: Shard.all.map { _ in ends }, round: EventID(from: ids), by: owner,
            lease: lease)
    }

    @Test("two processes share the rounds, and none is published twice")
    func shares() async throws {
        try await EpochBed.with { bed in
            let desk = BaselineDesk(bed.pool)
            try await desk.prepare(Self.models)
            try await desk.prepare(Self.models)
            let claims = try await withThrowingTaskGroup(of: [BaselineDesk.Claim].self) { group in
                for owner in ["one", "two"] {
                    group.addTask {
                        var taken: [BaselineDesk.Claim] = []
                        while let claim = try await claim(desk, owner) { taken.append(claim) }
                        return taken
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claims.count == 12)
            #expect(Set(claims.map { "\($0.model) \($0.partition.number)" }).count == 12)
            for claim in claims { #expect(try await desk.end(claim, at: 5..<9)) }
            #expect(try await claim(desk, "one") == nil, "nothing is due before its time")
            #expect(try await desk.hints(of: "search") == Dictionary(uniqueKeysWithValues: Shard.all.map { ($0, 5) }))
            #expect(try await claim(desk, "one", every: .zero) != nil, "and all is, after it")
        }
    }

    @Test("who has crashed is in nobody's way once the lease has ended, and its round is no longer its own")
    func outlivesCrash() async throws {
        try await EpochBed.with { bed in
            let desk = BaselineDesk(bed.pool)
            try await desk.prepare(["search"])
            var left: [Shard: BaselineDesk.Claim] = [:]
            while let claim = try await claim(desk, "one") { left[claim.partition] = claim }
            #expect(left.count == 6)
            #expect(try await claim(desk, "two") == nil)
            try await bed.run("UPDATE projection_baseline_rounds SET lease_expires_at = clock_timestamp()")
            let taken = try #require(try await claim(desk, "two"))
            let lost = try #require(left[taken.partition])
            #expect(taken.round != lost.round, "a round that was left is begun anew, under another name")
            #expect(try await !desk.renew(lost, lease: .seconds(60)))
            #expect(try await !desk.end(lost, at: nil))
            try await desk.release(lost)
            #expect(try await desk.renew(taken, lease: .seconds(60)))
            #expect(try await desk.end(taken, at: nil))
        }
    }

    @Test("a log that has forgotten the last round gets the next one at once")
    func noticesEmptiedLog() async throws {
        try await EpochBed.with { bed in
            let desk = BaselineDesk(bed.pool)
            try await desk.prepare(["search"])
            while let claim = try await claim(desk, "one") { _ = try await desk.end(claim, at: 100..<200) }
            #expect(try await claim(desk, "one", ends: 200) == nil)
            #expect(try await claim(desk, "one", ends: 199) != nil)
        }
    }
}
