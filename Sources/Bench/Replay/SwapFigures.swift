import EventStore
import Observability
import Postgres
import ProjectionRunner

/// How long a swap takes, and how late readers follow it; the epochs are empty, as their size does not matter.
struct SwapFigures {
    /// Milliseconds of each swap.
    struct Outcome {
        var swaps: [Double] = []
        var following: [Double] = []
        /// A durable transaction of one row, by the same connection: the least that a swap can cost.
        var bare: [Double] = []
    }

    private static let model = "availability"
    private static let rounds = 40
    private static let bareUpdate = SQLStatement(
        name: "bench_bare", text: "UPDATE bench_bare SET value = value + 1")

    let url: String
    let pool: PGPool

    private var registry: EpochRegistry { EpochRegistry(pool) }

    /// Swaps forth and back while a reader follows.
    func measure() async throws -> Outcome {
        try await pool.withSession {
            try await $0.execute(
                SQLStatement(
                    name: "bench_bare_table",
                    text: "CREATE TABLE IF NOT EXISTS bench_bare AS SELECT 0 AS value"))
        }
        let shadow = try await ready()
        let served = ServedEpochs(url: url, label: "bench-served", log: .silent)
        let following = Task { await served.run() }
        defer { following.cancel() }
        var lanes: [Shard: Int64] = [:]
        for shard in Shard.all { lanes[shard] = try await registry.beginLane(Self.model, shard, owner: "bench") }
        var outcome = Outcome()
        for round in 0..<Self.rounds {
            let begun = ContinuousClock.now
            _ = try await pool.query(Self.bareUpdate)
            outcome.bare.append((ContinuousClock.now - begun).seconds * 1_000)
            let (took, followed) = try await swap(to: round.isMultiple(of: 2) ? shadow : 1, shadow, lanes, served)
            outcome.swaps.append(took)
            outcome.following.append(followed)
        }
        return outcome
    }

    /// An epoch that has all that a swap asks for.
    private func ready() async throws -> Int64 {
        let owner = "bench"
        let made = try await registry.createShadow(
            Self.model, source: "the bench", by: owner, lease: .seconds(60)
        ).number
        try await registry.change(Self.model, made, to: .tailing, by: owner)
        try await registry.requestAdoption(Self.model, made)
        try await registry.recordDigests(Self.model, made, held: "0:0", folded: "0:0", by: owner)
        try await registry.change(Self.model, made, to: .ready, by: owner)
        return made
    }

    private func swap(
        to target: Int64, _ shadow: Int64, _ lanes: [Shard: Int64], _ served: ServedEpochs
    ) async throws -> (took: Double, followed: Double) {
        let fence = try await registry.epochs(of: Self.model).fence
        for (shard, generation) in lanes {
            guard try await registry.giveWord(Self.model, [1, shadow], shard, generation: generation, fence: fence)
            else { throw WrongAnswer("a lane may not give its word") }
        }
        let done = try await registry.swap(Self.model, to: target, expecting: fence, by: "bench") { _, _, _ in
            EpochStanding(target: nil, served: nil)
        }
        let committed = ContinuousClock.now
        while try await served.epoch(of: Self.model) != target {
            guard committed.duration(to: .now) < .seconds(5) else { throw WrongAnswer("readers do not follow") }
            try await Task.sleep(for: .microseconds(100))
        }
        return (done.took.seconds * 1_000, committed.duration(to: .now).seconds * 1_000)
    }
}
