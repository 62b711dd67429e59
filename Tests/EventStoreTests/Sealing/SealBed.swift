import Crypto
import Domain
import EventStore
import Kafka
import Observability
import Postgres
import TestSupport

/// A database with a history, a folder for heads, and what sealing needs.
struct SealBed: Sendable {
    let store: Store
    let folder: String
    let key: Ed25519PrivateKey
    let clock = SteppingClock(Instant(seconds: 1_790_000_000))
    let make = EventMaker()

    static func with<T>(_ suite: String, _ body: (SealBed) async throws -> sending T) async throws -> sending T {
        try await Store.with(suite) { store in
            try await withFolder { folder in
                try await body(SealBed(store: store, folder: folder, key: try Ed25519PrivateKey()))
            }
        }
    }

    var log: FileHeadLog { FileHeadLog(folder: folder, clock: clock) }

    /// Appends bookings and lets a relayer give them positions, without a topic.
    func append(_ count: Int) async throws {
        for first in stride(from: 0, to: count, by: 1_000) {
            try await store.append((first..<min(count, first + 1_000)).map { make.booking($0) })
        }
        let relayer = store.relayer("stamper", topic: nil, kafka: KafkaSettings(bootstrapServers: "127.0.0.1:1"))
        try await store.relaying([relayer]) { _ in
            try await eventually("everything has a position", within: .seconds(20)) {
                try await store.int("SELECT count(*) FROM outbox") == 0
            }
        }
    }

    /// A sealer that is quick, of all shards.
    func sealer(
        shards: @escaping @Sendable () -> [Shard] = { Shard.sealed }, heads: (any HeadLog)? = nil,
        metrics: Metrics = Metrics(), log: Log = .silent, url: String? = nil,
        _ change: (inout SealerSettings) -> Void = { _ in }
    ) throws -> Sealer {
        var settings = SealerSettings(databaseURL: url ?? store.database.url, database: "booking")
        settings.interval = .milliseconds(30)
        settings.batchSize = 700
        change(&settings)
        return try Sealer(
            settings, key: key, heads: heads ?? self.log, shards: shards, clock: clock, metrics: SealMetrics(metrics),
            log: log)
    }

    /// Runs sealers until `body` returns.
    func sealing<T>(_ sealers: [Sealer], _ body: () async throws -> sending T) async throws -> sending T {
        for sealer in sealers { await sealer.start() }
        do {
            let result = try await body()
            for sealer in sealers { await sealer.stop() }
            return result
        } catch {
            for sealer in sealers { await sealer.stop() }
            throw error
        }
    }

    /// Seals everything that has a position.
    func seal() async throws {
        try await sealing([sealer()]) { try await sealed() }
    }

    /// The heads by shard that our key has signed.
    func heads() async throws -> [Shard: Checkpoint] {
        let publicKey = try key.publicKey
        var heads: [Shard: Checkpoint] = [:]
        for (origin, note) in try await log.latest() {
            guard let tree = SealedTree(origin: origin) else { continue }
            heads[tree.shard] = try? Checkpoint(note, signedBy: publicKey)
        }
        return heads
    }

    /// Waits until every position is under a signed head.
    func sealed(except broken: Set<Shard> = []) async throws {
        try await eventually("all positions are sealed", within: .seconds(20)) {
            let signed = try await heads()
            return try await EventReader(store.pool).heads().allSatisfy {
                broken.contains($0.shard) || (signed[$0.shard]?.size ?? 0) == $0.stamped
            }
        }
    }

    /// The tree of a shard as the definition has it, from its rows.
    func naiveTree(_ shard: Shard) async throws -> NaiveTree {
        let tree = SealedTree(database: "booking", shard: shard)
        return try await store.pool.withSession { session in
            let stamped = try await EventReader.heads(on: session).first { $0.shard == shard }?.stamped ?? 0
            var contents: [[UInt8]] = []
            for position in stride(from: Int64(1), through: stamped, by: 1) {
                contents.append(try await SealedRows.row(of: tree, at: position, on: session)?.canonicalBytes ?? [])
            }
            return NaiveTree(contents)
        }
    }

    /// Changes history as only a superuser can, past the triggers.
    func tamper(_ sql: String) async throws {
        try await store.run("SET session_replication_role = replica; \(sql); SET session_replication_role = origin")
    }
}
