package import Crypto
package import Domain
package import Observability
import Postgres
import Synchronization

/// Seals one database's history: hashes what has a position into a tree a shard, and signs heads that are kept outside.
///
/// It works beside the relayer, on a connection of its own, and appends do not know of it. What it writes depends on
/// the rows alone, so two sealers of a shard (a lease that moved, a process that was paused) write the same tiles, and
/// heads of the same tree; a process that is killed at any moment leaves nothing that the next one would not do again.
/// Before it signs, it makes sure that the tree begins with the one that was signed last. Where it does not, the
/// history was altered: that shard is not sealed any more, and `fault` says why (G8).
///
/// ```swift
/// let sealer = Sealer(settings, key: key, heads: FileHeadLog(…), shards: { relayer.shards }, …)
/// await sealer.start()
/// …
/// await sealer.stop()      // before the relayer gives its shards back
/// ```
package actor Sealer {
    private let settings: SealerSettings
    private let key: Ed25519PrivateKey
    private let publicKey: Ed25519PublicKey
    private let heads: any HeadLog
    private let shards: @Sendable () -> [Shard]
    private let clock: any WallClock
    private let metrics: SealMetrics
    private let log: Log
    private let pool: PGPool
    private nonisolated let signal = WakeSignal()
    private nonisolated let faults = Mutex<[Shard: SealFault]>([:])
    private var seals: [Shard: ShardSeal] = [:]
    /// Shards that were sealed before and had no head in the log, when this process took them over or later.
    private var headless: Set<Shard> = []
    private var pace: SealPace
    private var isStopping = false
    private var task: Task<Void, Never>?

    /// Connects to nothing yet.
    ///
    /// - Parameters:
    ///   - settings: Which database, and how often.
    ///   - key: Signs heads.
    ///   - heads: Where heads are kept; shared by the sealers of all databases.
    ///   - shards: Those that this process's relayer holds now.
    ///   - clock: Says when a list of heads was signed.
    ///   - metrics: The process's figures of sealing.
    ///   - log: Gets `database` with every line.
    /// - Throws: `CryptoError` where the key has no public half.
    package init(
        _ settings: SealerSettings, key: Ed25519PrivateKey, heads: any HeadLog,
        shards: @escaping @Sendable () -> [Shard], clock: any WallClock, metrics: SealMetrics, log: Log
    ) throws(CryptoError) {
        self.settings = settings
        pace = SealPace(settings)
        self.key = key
        publicKey = try key.publicKey
        self.heads = heads
        self.shards = shards
        self.clock = clock
        self.metrics = metrics
        self.log = log.with([.database: .setting(settings.database)])
        pool = PGPool(url: settings.databaseURL, label: "seal-\(settings.database)", sessionsMax: 1)
        metrics.broken.with(settings.database).set(0)
        metrics.headless.with(settings.database).set(0)
    }

    /// What was found altered, for operators; nil while every shard can be sealed.
    package nonisolated var fault: String? {
        let found = faults.withLock { $0.sorted { $0.key < $1.key } }
        return found.isEmpty ? nil : found.map(\.value.description).joined(separator: "; ")
    }

    /// Begins to seal; returns at once and copes with servers that are away.
    package func start() {
        guard task == nil else { return }
        task = Task { await self.run() }
    }

    /// Seals and signs what has a position now, unless that is much, and ends.
    package func stop() async {
        isStopping = true
        signal.fire()
        await task?.value
        task = nil
        await pool.close()
    }

    private func run() async {
        var isLast = false
        while !isLast {
            isLast = isStopping
            do {
                let isBehind = try await pool.withSession { session in try await self.seal(on: session) }
                if isBehind && !isLast { continue }
            } catch {
                let dependency = error is HeadLogError ? "heads" : error is PGError ? "postgres" : "seal"
                metrics.errors.with(settings.database, dependency).increment()
                log.warning("history could not be sealed and is tried again", [.error: .error(error)])
            }
            if !isStopping { await signal.wait(upTo: settings.interval) }
        }
    }

    /// One round: every shard that this process holds, then the heads of those that have grown.
    ///
    /// - Returns: True if more is waiting than one round takes.
    private func seal(on session: PGSession) async throws -> Bool {
        let held = shards()
        for shard in seals.keys where !held.contains(shard) { seals[shard] = nil }
        if held.isEmpty { return false }
        // First the log and then the store: so the store can never be behind a head for an honest reason.
        let signed = try await heads.latest()
        try await session.execute(SQL.prepareSealSession)
        let stamped = try await EventReader.heads(on: session).filter { held.contains($0.shard) }
        pace.look(at: stamped)
        defer { measure(stamped) }
        var grown: [Checkpoint] = []
        for head in stamped where faults.withLock({ $0[head.shard] == nil }) {
            do {
                try await advance(head.shard, to: head.stamped, signed, on: session)
            } catch let fault as SealFault {
                giveUp(head.shard, fault)
                continue
            }
            if let seal = seals[head.shard], let checkpoint = seal.unsigned {
                let tiles = TileStore(tree: SealedTree(database: settings.database, shard: head.shard))
                try await tiles.writeEdge(seal.openLeaves, size: seal.size, on: session)
                grown.append(checkpoint)
            }
        }
        if !grown.isEmpty { try await sign(grown) }
        return stamped.contains { $0.stamped > seals[$0.shard]?.size ?? $0.stamped }
    }

    /// Brings a shard's tree up to what is stamped, or as far as its part of a round lets it.
    private func advance(
        _ shard: Shard, to stamped: Int64, _ signed: [String: SignedNote], on session: PGSession
    ) async throws {
        let tree = SealedTree(database: settings.database, shard: shard)
        let head = try signed[tree.origin].map { try believed($0, of: tree) }
        if let head, head.size > stamped {
            throw SealFault.storeBehindHead(tree, size: stamped, headSize: head.size)
        }
        let tiles = TileStore(tree: tree)
        let reader = TreeReader(tree, session)
        var seal: ShardSeal
        if let known = seals[shard] {
            seal = known
        } else {
            // Without a head nothing says that the stored tree is right, so it is made anew and compared.
            seal = ShardSeal(tree: tree, edge: try await tiles.edge(sizeMax: head?.size ?? 0, on: session))
            if head == nil, try await tiles.isKnown(on: session) {
                miss(shard, "the history was sealed before and the log has no head of it: a new log, or an emptied one")
            }
        }
        if head?.size ?? 0 < seal.signedSize {
            // What is signed next goes on from the tree that this process has in memory, not from what the store says.
            miss(shard, "heads that this process has added are not in the log any more; a new one is added")
        }
        if let head {
            try await seal.expect(head) { try await reader.root(size: $0) }
        } else {
            seal.expectNoHead()
        }
        let begin = ContinuousClock.now
        seals[shard] = seal
        while seal.size < stamped {
            let batchBegin = ContinuousClock.now
            let count = min(Int64(settings.batchSize), seal.nextStop(before: stamped) - seal.size)
            let leaves = try await SealedRows.leaves(of: tree, after: seal.size, count: Int(count), on: session)
            var next = seal
            let completed = next.append(leaves)
            try next.compareWithHead()
            try await tiles.write(completed, on: session)
            seal = next
            seals[shard] = seal
            metrics.sealed.with(settings.database).increment(by: leaves.count)
            let isTimeUp = ContinuousClock.now - begin > settings.interval / Shard.sealed.count
            if isStopping || isTimeUp { return }
            let pause = pace.pause(after: ContinuousClock.now - batchBegin)
            if pause > .zero { await signal.wait(upTo: pause) }
        }
    }

    /// Signs heads and adds them; those of other processes that were faster are looked at in the next round.
    private func sign(_ grown: [Checkpoint]) async throws {
        let (key, publicKey, now) = (key, publicKey, clock.now())
        let notes = try grown.map { try $0.signed(by: key) }
        let latest = try await heads.append(notes) { all in
            // Who has forged another tree's head is not put on the list; that tree's sealer finds out.
            let believed = all.values.compactMap { try? Checkpoint($0, signedBy: publicKey) }
            return try HeadList(signedAt: now, heads: believed).signed(by: key)
        }
        for (checkpoint, note) in zip(grown, notes) where latest[checkpoint.origin]?.text == note.text {
            guard let tree = SealedTree(origin: checkpoint.origin) else { continue }
            seals[tree.shard]?.wasSigned(checkpoint)
        }
        metrics.lastHead.with(settings.database).set(Double(now.microseconds) / 1_000_000)
    }

    /// - Throws: `SealFault.headNotOurs`.
    private func believed(_ note: SignedNote, of tree: SealedTree) throws(SealFault) -> Checkpoint {
        do { return try Checkpoint(note, signedBy: publicKey) } catch { throw .headNotOurs(tree) }
    }

    /// Says that the history was sealed and the log knows nothing of it.
    ///
    /// Either an empty folder was declared with a new key, or somebody has emptied it: only an operator can tell. What
    /// is signed after a start says nothing of what the lost heads said.
    private func miss(_ shard: Shard, _ what: StaticString) {
        headless.insert(shard)
        metrics.headless.with(settings.database).set(headless.count)
        log.error(what, [.shard: .count(shard.number)])
    }

    private func giveUp(_ shard: Shard, _ fault: SealFault) {
        faults.withLock { $0[shard] = fault }
        seals[shard] = nil
        metrics.broken.with(settings.database).set(1)
        log.error(
            "history was altered: the shard is not sealed any more",
            [.shard: .count(shard.number), .error: .error(fault)])
    }

    private func measure(_ stamped: [ShardHead]) {
        let lag = stamped.reduce(Int64(0)) { $0 + $1.stamped - (seals[$1.shard]?.signedSize ?? 0) }
        metrics.lag.with(settings.database).set(lag)
    }
}
