package import Domain
package import EventStore
package import Kafka
package import Observability
package import Postgres

/// Builds an epoch beside the served one: baseline from the stores, tail from the log, hand-over to live projection.
///
/// The order is DESIGN's: the ends of the log are read and kept, then snapshots are opened and folded, then the log is
/// followed from those ends on, by the same lanes that live projection has. When nothing is left to follow, live
/// projection is asked to write the epoch too, and once every lane has given its word the epoch is ready.
///
/// Whoever resumes goes on where the registry and the epoch's own checkpoints say: an epoch that was still being folded
/// is folded again, all of it and from the offsets that were kept; one that was following the log goes on following.
package struct RebuildEngine: Sendable {
    /// How long nobody else may take the epoch over after the last sign of life.
    private static let lease: Duration = .seconds(15)
    private static let interval: Duration = .milliseconds(50)
    /// How long brokers may be away before that is an error.
    private static let brokerPatience: Duration = .seconds(20)
    /// How long nothing at all may be left to follow; under load something is always on its way.
    private static let restPatience: Duration = .seconds(5)
    /// What may be left after that, a partition: live projection brings an epoch on by itself when it takes it over.
    private static let restMax: Int64 = 1_000
    /// How often a baseline is taken whose pages are gone when they are read back.
    private static let baselinesMax = 3

    /// What a rebuild works with.
    package struct Parts: Sendable {
        /// The model's name in the registry.
        package let model: String
        /// The practitioner database, which has the registry.
        package let pool: PGPool
        /// The database behind each topic that has sequences.
        package let stores: [Topic: EventReader]
        /// How to reach the brokers.
        package let kafka: @Sendable () async throws -> KafkaSettings
        /// Names the rebuild in the registry.
        package let owner: String
        /// Gets what lanes say.
        package let log: Log
        /// For what is told of the lanes.
        package let clock: any WallClock
        /// The model over one epoch, which tells nobody.
        package let make: @Sendable (_ epoch: Int64) -> any RebuildableModel

        /// Puts the parts together.
        package init(
            model: String, pool: PGPool, stores: [Topic: EventReader],
            kafka: @escaping @Sendable () async throws -> KafkaSettings, owner: String, log: Log,
            clock: any WallClock, make: @escaping @Sendable (_ epoch: Int64) -> any RebuildableModel
        ) {
            self.model = model
            self.pool = pool
            self.stores = stores
            self.kafka = kafka
            self.owner = owner
            self.log = log
            self.clock = clock
            self.make = make
        }
    }

    /// How a rebuild is to be done.
    package struct Options: Sendable {
        /// Whether practitioners with an event that cannot be read may wait in quarantine.
        package var allowsUnreadable = false
        /// Whether the log alone is read, which was proved to have every position.
        package var usesLogAlone = false
        /// How long live projection may take to take the epoch over.
        package var adoptionPatience: Duration = .seconds(60)

        /// The defaults: nobody waits in quarantine, a minute for the hand-over.
        package init() {}
    }

    let parts: Parts
    let options: Options
    let pace: RebuildPace
    let report: @Sendable (RebuildStep) -> Void

    /// Does nothing yet.
    ///
    /// - Parameters:
    ///   - parts: What it works with.
    ///   - options: How it is to be done.
    ///   - pace: Holds it back while others fall behind.
    ///   - report: Told of every step; must not block.
    package init(
        _ parts: Parts, _ options: Options, pace: RebuildPace, report: @escaping @Sendable (RebuildStep) -> Void
    ) {
        self.parts = parts
        self.options = options
        self.pace = pace
        self.report = report
    }

    var registry: EpochRegistry { EpochRegistry(parts.pool) }

    /// Begins an epoch.
    ///
    /// - Parameter source: What it is folded from, for people.
    /// - Returns: The epoch, whose lease is ours.
    /// - Throws: `EpochError.running`, `.abandoned`; `PGError`.
    package func begin(source: String) async throws -> EpochRecord {
        try await registry.createShadow(parts.model, source: source, by: parts.owner, lease: Self.lease)
    }

    /// Takes over an epoch that somebody began.
    ///
    /// - Returns: The epoch as it is now.
    /// - Throws: `EpochError.leaseLost`, `.unknownEpoch`; `PGError`.
    package func resume(_ epoch: Int64) async throws -> EpochRecord {
        try await registry.takeLease(parts.model, epoch, by: parts.owner, lease: Self.lease)
    }

    /// Brings an epoch to the state `ready`.
    ///
    /// - Returns: What was done. The lease has been given back, whatever happened.
    /// - Throws: `RebuildFault`; `EpochError.leaseLost`; errors of stores and brokers; `CancellationError`: the epoch
    ///   can be resumed.
    package func run(_ epoch: EpochRecord) async throws -> RebuildOutcome {
        let number = epoch.number
        do {
            let outcome = try await withThrowingTaskGroup(of: RebuildOutcome?.self) { group in
                group.addTask { try await keepLease(number) }
                group.addTask {
                    await pace.watch()
                    return nil
                }
                group.addTask { try await build(epoch) }
                defer { group.cancelAll() }
                while let result = try await group.next() { if let result { return result } }
                throw CancellationError()
            }
            try? await registry.releaseLease(parts.model, number, by: parts.owner)
            return outcome
        } catch {
            // Not in this task, which may be cancelled: whoever comes next must not wait for the lease to end.
            let (registry, parts) = (registry, parts)
            await Task { try? await registry.releaseLease(parts.model, number, by: parts.owner) }.value
            throw error
        }
    }

    private func keepLease(_ epoch: Int64) async throws -> RebuildOutcome? {
        while true {
            try await Task.sleep(for: Self.lease / 5)
            do {
                try await registry.renewLease(parts.model, epoch, by: parts.owner, lease: Self.lease)
            } catch let error as EpochError {
                if case .leaseLost(_, nil, let state) = error, state == .ready { return nil }
                throw error
            } catch is PGError {
                continue  // the lease lasts for several attempts
            }
        }
    }

    private func build(_ epoch: EpochRecord) async throws -> RebuildOutcome {
        let model = parts.make(epoch.number)
        var outcome = RebuildOutcome(epoch: epoch.number)
        let begun = ContinuousClock.now
        let foreign = ForeignRecords(pool: parts.pool, log: parts.log)
        let isAsked = try await registry.epochs(of: parts.model).adoptions.contains { $0.epoch == epoch.number }
        var digest = epoch.heldDigest
        // One that follows the log and is not proved was left while a partition was taken again: all of it is.
        if epoch.state == .building || !epoch.isProved && !isAsked {
            try await takeBaseline(epoch.number, model, foreign, &outcome)
            try await registry.change(parts.model, epoch.number, to: .tailing, by: parts.owner)
            digest = outcome.digest.map { "\($0)" }
        }
        outcome.baseline = begun.duration(to: .now)
        let following = ContinuousClock.now
        if !isAsked { try await follow(epoch.number, model, foreign, digest, &outcome) }
        outcome.tail = following.duration(to: .now)
        try await handOver(epoch.number, &outcome)
        outcome.foreign = foreign.count
        outcome.total = begun.duration(to: .now)
        (outcome.worstLag, outcome.held) = pace.summary
        return outcome
    }

    // MARK: baseline

    /// Folds everything; where it is gone when it is read back, as after Redis was emptied, again.
    private func takeBaseline(
        _ epoch: Int64, _ model: any RebuildableModel, _ foreign: ForeignRecords, _ outcome: inout RebuildOutcome
    ) async throws {
        for _ in 1..<Self.baselinesMax {
            do {
                return try await foldAndProve(epoch, model, foreign, &outcome)
            } catch ProjectionFault.modelLost {
                report(.foldingAgain)
            }
        }
        do {
            try await foldAndProve(epoch, model, foreign, &outcome)
        } catch ProjectionFault.modelLost {
            throw RebuildFault.lost(epoch: epoch)
        }
    }

    private func foldAndProve(
        _ epoch: Int64, _ model: any RebuildableModel, _ foreign: ForeignRecords, _ outcome: inout RebuildOutcome
    ) async throws {
        let ends = try await keptEnds(epoch, model)
        let events = EventTotal()
        let log = options.usesLogAlone ? try await logAlone(epoch, ends, foreign) : nil
        let order = RebuildOrder(
            Shard.all, ends: ends, log: log, allowsUnreadable: options.allowsUnreadable
        ) { progress in
            events.note(progress.events)
            report(.building(progress))
            try await pace.wait()
        }
        let built: [RebuiltPartition]
        do {
            built = try await model.rebuild(order)
        } catch let error as UnreadableHistory {
            throw RebuildFault.unreadable(epoch: epoch, error.causes)
        } catch let hole as LogReader.Hole {
            throw RebuildFault.stopped(epoch: epoch, ["\(hole)"])
        } catch let fault as BaselineFault {
            throw RebuildFault.stopped(epoch: epoch, ["\(fault)"])
        } catch let error as KafkaError {
            throw RebuildFault.noBroker(epoch: epoch, "\(error)")
        }
        for partition in built { await foreign.write(parts.model, partition.partition) }
        outcome.events = events.value
        outcome.count = built.reduce(0) { $0 + $1.count }
        outcome.unreadable = built.flatMap(\.unreadable)
        report(.proving)
        var (held, folded) = (ModelDigest(), ModelDigest())
        for partition in built {
            held.add(try await model.held(partition))
            folded.add(partition.folded)
        }
        outcome.digest = held
        try await registry.recordDigests(
            parts.model, epoch, held: "\(held)", folded: "\(folded)", by: parts.owner)
        guard held == folded else {
            let fault = RebuildFault.digestsDiffer(epoch: epoch, held: "\(held)", folded: "\(folded)")
            try await registry.fail(parts.model, epoch, because: "\(fault)")
            throw fault
        }
    }

    /// The log, with what proves now that it has everything.
    private func logAlone(
        _ epoch: Int64, _ ends: [Shard: LogEnds], _ foreign: ForeignRecords
    ) async throws -> LogReader {
        var heads: [Topic: [Int64]] = [:]
        for (topic, store) in parts.stores { heads[topic] = try await store.heads().prefix(Shard.count).map(\.stamped) }
        let hints = try await BaselineDesk(parts.pool).hints(of: parts.model)
        do {
            let settings = try await parts.kafka()
            let cover = try await LogCover.read(parts.model, heads: heads, settings, hints: hints)
            if !cover.missing.isEmpty { throw RebuildFault.stopped(epoch: epoch, cover.missing) }
            return LogReader(settings, ends: ends, rounds: cover.rounds, foreign: foreign)
        } catch let error as KafkaError {
            throw RebuildFault.noBroker(epoch: epoch, "\(error)")
        }
    }

    /// The ends of the log as they were before the first snapshot, whichever process read them.
    private func keptEnds(_ epoch: Int64, _ model: any RebuildableModel) async throws -> [Shard: LogEnds] {
        let book = RebuildBook(pool: parts.pool)
        let known = try await book.ends(parts.model, epoch)
        if known.count == Shard.count { return known }
        return try await book.keep(try await presentEnds(epoch, model), parts.model, epoch)
    }

    /// With some patience: while partitions change their leaders, because a broker is gone, nobody can say where they
    /// end.
    private func presentEnds(
        _ epoch: Int64, _ model: any RebuildableModel
    ) async throws -> [Shard: LogEnds] {
        let begun = ContinuousClock.now
        while true {
            do {
                let log = try LogCoverage(try await parts.kafka(), sequenced: Set(parts.stores.keys))
                return try await withThrowingTaskGroup(of: (Shard, LogEnds).self) { group in
                    for shard in Shard.all { group.addTask { (shard, try await log.ends(of: shard, model.topics)) } }
                    return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                }
            } catch let error where error is KafkaError || error is LogProbe.Unclear {
                guard begun.duration(to: .now) < Self.brokerPatience else {
                    throw RebuildFault.noBroker(epoch: epoch, "\(error)")
                }
                try await Task.sleep(for: Self.interval)
            }
        }
    }

    // MARK: tail

    /// Follows the log with lanes of its own until nothing is left.
    ///
    /// They have stopped when this returns: only one writes the epoch at a time. An epoch that live projection was
    /// asked for before is its own already, and never comes here.
    private func follow(
        _ epoch: Int64, _ model: any RebuildableModel, _ foreign: ForeignRecords, _ digest: String?,
        _ outcome: inout RebuildOutcome
    ) async throws {
        let (registry, parts, report) = (registry, parts, report)
        let proof = ShadowProof(epoch: epoch) { partition in
            try await registry.recordDigests(
                parts.model, epoch, held: "partition \(partition.number) is being taken again",
                folded: "not compared yet", by: parts.owner)
        } report: { retaken in
            report(.retaken(retaken))
        }
        let shadow = ShadowModel(
            model: model, proof: proof, epoch: epoch, allowsUnreadable: options.allowsUnreadable)
        let runner = ProjectionRunner(
            shadow, stores: parts.stores, kafka: parts.kafka,
            reading: .alone(name: "rebuild-\(parts.model)-\(epoch)", Shard.all), log: parts.log,
            metrics: ProjectionMetrics(Metrics()), clock: parts.clock, foreign: foreign)
        let running = Task { await runner.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await untilCaughtUp(epoch, runner, proof)) } catch { result = .failure(error) }
        running.cancel()
        await running.value
        // Not in this task, which may be cancelled: what was proved again would have to be folded again.
        let kept = Task { try await keep(proof, epoch, after: digest) }
        do { try await kept.value } catch { if case .success = result { throw error } }
        if let fault = proof.fault {
            if case .digestsDiffer = fault { try await registry.fail(parts.model, epoch, because: "\(fault)") }
            throw fault
        }
        try result.get()
        outcome.retaken = proof.retaken
        outcome.unreadable = try await waiting(epoch)
        if !options.allowsUnreadable, !outcome.unreadable.isEmpty {
            throw RebuildFault.unreadable(epoch: epoch, outcome.unreadable)
        }
    }

    /// Keeps the proof of an epoch some of whose partitions were taken again.
    private func keep(_ proof: ShadowProof, _ epoch: Int64, after digest: String?) async throws {
        guard !proof.retaken.isEmpty, proof.isWhole else { return }
        let words = proof.words(after: digest)
        try await registry.recordDigests(parts.model, epoch, held: words, folded: words, by: parts.owner)
    }

    /// The events that practitioners wait for in this epoch.
    private func waiting(_ epoch: Int64) async throws -> [QuarantineCause] {
        try await QuarantineOffice(parts.pool).entries(model: parts.model, limit: .max)
            .filter { $0.epoch == epoch }.map(\.cause)
    }

    private func untilCaughtUp(_ epoch: Int64, _ runner: ProjectionRunner, _ proof: ShadowProof) async throws {
        var brokerSince: ContinuousClock.Instant?
        let begun = ContinuousClock.now
        while true {
            let health = runner.health
            try check(health, epoch)
            if let fault = proof.fault { throw fault }
            let rest = begun.duration(to: .now) < Self.restPatience ? 0 : Self.restMax
            let flowing = health.partitions.filter { partition in
                partition.state == .flowing && partition.isPastStart && (partition.lagEvents ?? .max) <= rest
            }.count
            if flowing == Shard.count { return }
            report(.following(health))
            if let problem = health.brokerProblem {
                let since = brokerSince ?? .now
                brokerSince = since
                if since.duration(to: .now) > Self.brokerPatience {
                    throw RebuildFault.noBroker(epoch: epoch, "\(problem)")
                }
            } else {
                brokerSince = nil
            }
            try await Task.sleep(for: Self.interval)
        }
    }

    /// Asks live projection to write the epoch, and waits for the word of every lane.
    private func handOver(_ epoch: Int64, _ outcome: inout RebuildOutcome) async throws {
        let begun = ContinuousClock.now
        try await registry.requestAdoption(parts.model, epoch)
        while true {
            let epochs = try await registry.epochs(of: parts.model)
            if let record = epochs[epoch], record.state == .failed {
                throw RebuildFault.givenUp(epoch: epoch, record.note ?? "nobody said why")
            }
            let adopted = epochs.adopted(epoch)
            report(.handingOver(adopted.count))
            if adopted.count == Shard.count { break }
            if begun.duration(to: .now) > options.adoptionPatience {
                throw RebuildFault.notAdopted(epoch: epoch, Set(Shard.all).subtracting(adopted).sorted())
            }
            try await Task.sleep(for: Self.interval)
        }
        outcome.unreadable = try await waiting(epoch)
        try await registry.change(parts.model, epoch, to: .ready, by: parts.owner)
        let record = try await registry.record(parts.model, epoch)
        (outcome.heldDigest, outcome.foldedDigest) = (record.heldDigest, record.foldedDigest)
        outcome.handOver = begun.duration(to: .now)
    }

    private func check(_ health: ProjectionHealth, _ epoch: Int64) throws(RebuildFault) {
        if !health.stops.isEmpty { throw .stopped(epoch: epoch, health.stops) }
    }
}
