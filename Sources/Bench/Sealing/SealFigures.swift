import Crypto
import Domain
import EventStore
import Foundation
import Observability
import Postgres

/// What sealing costs those who append, how fast it is by itself, and what a tree takes.
struct SealFigures {
    let ground: BenchGround

    func measure(_ report: (FigureResult) -> Void) async throws {
        try await besideAppends(report)
        try await alone(report)
    }

    // MARK: Beside appends

    /// Bookings of one transaction, as a batch under load has them.
    private static let perTransaction = 20
    private static let writers = 8

    /// Appends as fast as it goes, by turns with and without a sealer, so that the machine's moods meet both alike.
    private func besideAppends(_ report: (FigureResult) -> Void) async throws {
        var with: [Double] = []
        var without: [Double] = []
        for run in 0..<max(2, ground.scale.runs) {
            for isSealed in run % 2 == 0 ? [false, true] : [true, false] {
                let rate = try await appendRate(isSealed: isSealed)
                Progress.say("   appends \(isSealed ? "sealed" : "alone"): \(decimal(rate, digits: 0)) events/s")
                if isSealed { with.append(rate) } else { without.append(rate) }
            }
        }
        report(
            FigureResult(
                "appends beside sealing", with.median, .perSecond, limit: without.median, target: .ratio(0.98)))
    }

    private func appendRate(isSealed: Bool) async throws -> Double {
        let store = try await RelayedStore.fresh(.booking, ground)
        let heads = try freshFolder("heads-beside")
        let relay = try HostedSealer(store: store, heads: isSealed ? heads : nil, ground: ground)
        try await store.waitForOwner()
        let count = ground.scale.count(400_000) / Self.perTransaction
        let pool = ground.databases.pool(store.database, sessionsMax: Self.writers)
        let notifier = CommitNotifier(url: store.url, label: "bench-notify")
        let begin = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writers {
                group.addTask {
                    for batch in stride(from: writer, to: count, by: Self.writers) {
                        try await append(batch, to: pool)
                        notifier.committed()
                    }
                }
            }
            try await group.waitForAll()
        }
        let seconds = (ContinuousClock.now - begin).seconds
        await notifier.close()
        await pool.close()
        await relay.stop()
        return Double(count * Self.perTransaction) / seconds
    }

    private func append(_ batch: Int, to pool: PGPool) async throws {
        let first = batch * Self.perTransaction
        let append = EventAppend((first..<first + Self.perTransaction).map(ground.history.event))
        _ = try await pool.pipeline([PGStep(.begin)] + append.steps + [PGStep(.commit)])
    }

    // MARK: Alone

    private func alone(_ report: (FigureResult) -> Void) async throws {
        let count = ground.scale.count(1_000_000)
        let store = try await RelayedStore.fresh(.booking, ground)
        let pool = ground.databases.pool(store.database, sessionsMax: 4)
        try await pool.withSession { session in
            try await store.append(bookings: count, from: ground.history, in: session)
            _ = try await session.query(.commit)
        }
        let relay = try HostedSealer(store: store, heads: nil, ground: ground)
        _ = try await eventually("everything has a position", within: .seconds(180)) {
            try await ground.databases.number("SELECT count(*) FROM outbox", in: store.database) == 0 ? true : nil
        }
        await relay.stop()
        try await ground.databases.execute("VACUUM ANALYZE", in: store.database)
        var rates: [Double] = []
        for _ in 0..<ground.scale.runs { rates.append(try await sealRate(store, count)) }
        let limit = try await hashRate(store, pool)
        report(FigureResult("sealing a backlog", rates.median, .perSecond, limit: limit))
        let bytes = try await ground.databases.number(
            "SELECT pg_total_relation_size('seal_tiles') * 1000 / \(count)", in: store.database)
        report(FigureResult("tree, bytes an event", Double(bytes) / 1_000, .bytes, target: .atMost(48)))
        report(
            FigureResult("proof of one event", try await proofTime(store, pool), .milliseconds, target: .atMost(50)))
        await pool.close()
    }

    /// A sealer that finds a history without a tree, until all of it is under signed heads.
    private func sealRate(_ store: RelayedStore, _ count: Int) async throws -> Double {
        try await ground.databases.execute(
            "SET session_replication_role = replica; TRUNCATE seal_tiles", in: store.database)
        let log = FileHeadLog(folder: try freshFolder("heads-alone"), clock: MachineClock())
        let sealer = try Sealer(
            SealerSettings(databaseURL: store.url, database: "booking"), key: Ed25519PrivateKey(), heads: log,
            shards: { Shard.sealed }, clock: MachineClock(), metrics: SealMetrics(Metrics()), log: .silent)
        let begin = ContinuousClock.now
        await sealer.start()
        _ = try await eventually("everything is sealed", within: .seconds(600), every: .milliseconds(10)) {
            let sizes = try await log.latest().values.map { try Checkpoint(text: $0.text).size }
            return sizes.reduce(0, +) == Int64(count) ? true : nil
        }
        let seconds = (ContinuousClock.now - begin).seconds
        await sealer.stop()
        return Double(count) / seconds
    }

    /// Events a second whose bytes SHA-256 gets through on one thread, with nothing else to do.
    private func hashRate(_ store: RelayedStore, _ pool: PGPool) async throws -> Double {
        let tree = SealedTree(database: "booking", shard: Shard(0))
        let row = try await pool.withSession { session in
            try await SealedRows.row(of: tree, at: 1, on: session)?.canonicalBytes
        }
        guard let row else { throw WrongAnswer("shard 0 is empty") }
        var hasher = SHA256Hasher()
        let count = ground.scale.count(2_000_000)
        let begin = ContinuousClock.now
        for _ in 0..<count {
            hasher.update(row)
            withUnsafeTemporaryAllocation(byteCount: SHA256.byteCount, alignment: 8) { hasher.finish(into: $0) }
        }
        return Double(count) / (ContinuousClock.now - begin).seconds
    }

    /// Milliseconds for the proof of an event anywhere in the history, as the database gives it: the worst of 100.
    private func proofTime(_ store: RelayedStore, _ pool: PGPool) async throws -> Double {
        let tree = SealedTree(database: "booking", shard: Shard(0))
        let size = try await EventReader(pool).heads()[0].stamped
        var worst = 0.0
        for number in Int64(0)..<100 {
            let leaf = number * 7_919 % size
            let begin = ContinuousClock.now
            let proof = try await pool.withSession { session in
                try await TreeReader(tree, session).inclusionProof(of: leaf, size: size)
            }
            worst = max(worst, (ContinuousClock.now - begin).seconds * 1_000)
            guard proof.count == MerkleTree.inclusionParts(of: leaf, size: size).count else {
                throw WrongAnswer("a proof has \(proof.count) hashes")
            }
        }
        return worst
    }

    private func freshFolder(_ name: String) throws -> String {
        let path = ground.path(name)
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}
