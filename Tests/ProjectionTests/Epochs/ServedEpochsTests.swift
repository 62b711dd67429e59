import Domain
import EventStore
import Observability
import Postgres
import TestSupport
import Testing

@testable import ProjectionRunner

/// Readers follow swaps at once, and refuse once nobody confirms what they know.
@Suite("G7, G10 the epoch that readers are answered from", .serialized)
struct ServedEpochsTests {
    private func following(
        _ bed: EpochBed, _ body: (ServedEpochs) async throws -> Void
    ) async throws {
        let served = ServedEpochs(url: bed.url, label: "served-epochs-test", log: .silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await served.run() }
            do { try await body(served) } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }

    /// Half of them in time, on a machine that does other things too.
    ///
    /// Without notifications it would be 125 ms. How late the latest is, the bench says.
    @Test("readers follow each of 50 swaps, half of them within 50 ms")
    func follows() async throws {
        try await EpochBed.with { bed in
            let shadow = try await bed.shadow()
            let lanes = try await bed.lanes()
            try await following(bed) { served in
                #expect(try await served.epoch(of: EpochBed.model) == 1)
                var delays: [Duration] = []
                for round in 0..<50 {
                    try await bed.word([1, shadow], lanes)
                    let target = round.isMultiple(of: 2) ? shadow : 1
                    try await bed.swap(to: target)
                    let committed = ContinuousClock.now
                    while try await served.epoch(of: EpochBed.model) != target,
                        committed.duration(to: .now) < .seconds(5)
                    {
                        try await Task.sleep(for: .microseconds(100))
                    }
                    #expect(try await served.epoch(of: EpochBed.model) == target)
                    delays.append(committed.duration(to: .now))
                }
                #expect(delays.sorted()[25] <= .milliseconds(50), "the latest \(delays.max() ?? .zero)")
            }
        }
    }

    @Test("readers hold what was confirmed for five seconds, then refuse, and answer again when the registry is back")
    func refusesWhatNobodyConfirms() async throws {
        try await EpochBed.with { bed in
            let current = SQLStatement(name: "test", text: "SELECT current_database()")
            let name = try await bed.pool.query(current).text(0, 0)
            try await following(bed) { served in
                #expect(try await served.epoch(of: EpochBed.model) == 1)
                try await shut(name, bed)
                let away = ContinuousClock.now
                // A value that is still confirmed is said; from five seconds on it is not.
                try await Task.sleep(for: .milliseconds(500))
                #expect(try await served.epoch(of: EpochBed.model) == 1)
                var refusedAt: Duration?
                try await eventually("readers refuse") {
                    do { _ = try await served.epoch(of: EpochBed.model) } catch is ServedEpochs.Unconfirmed {
                        refusedAt = away.duration(to: .now)
                    }
                    return refusedAt != nil
                }
                let refused = try #require(refusedAt)
                #expect(refused > .milliseconds(4_000) && refused < .seconds(10), "\(refused)")
                try await eventually("six seconds have passed") { away.duration(to: .now) > .seconds(6) }
                await #expect(throws: ServedEpochs.Unconfirmed(model: EpochBed.model)) {
                    try await served.epoch(of: EpochBed.model)
                }
                try await open(name, bed)
                try await eventually("readers are answered again") {
                    try await served.epoch(of: EpochBed.model) == 1
                }
            }
        }
    }

    @Test("a process whose registry was never there refuses soon")
    func refusesAtTheStart() async throws {
        let served = ServedEpochs(url: "postgresql://127.0.0.1:1/nobody", label: "nobody", log: .silent)
        let begun = ContinuousClock.now
        await #expect(throws: ServedEpochs.Unconfirmed.self) { try await served.epoch(of: "search") }
        #expect(begun.duration(to: .now) < .seconds(3))
    }

    private func shut(_ name: String, _ bed: EpochBed) async throws {
        try await onServer("ALTER DATABASE \"\(name)\" ALLOW_CONNECTIONS false", bed)
        try await onServer(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'", bed)
    }

    private func open(_ name: String, _ bed: EpochBed) async throws {
        try await onServer("ALTER DATABASE \"\(name)\" ALLOW_CONNECTIONS true", bed)
    }

    private func onServer(_ sql: String, _ bed: EpochBed) async throws {
        _ = try await bed.server.query(SQLStatement(name: "test", text: sql))
    }
}
