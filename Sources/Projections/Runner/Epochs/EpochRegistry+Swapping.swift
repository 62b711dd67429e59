import Domain
package import EventStore
import Postgres

/// Where an epoch and the served one stand in a partition, read in one step; nil: there is no checkpoint.
package struct EpochStanding: Sendable {
    /// The epoch that readers are to be answered from.
    package let target: ProjectionCheckpoint?
    /// The epoch that they are answered from now.
    package let served: ProjectionCheckpoint?

    /// Two checkpoints of one partition.
    package init(target: ProjectionCheckpoint?, served: ProjectionCheckpoint?) {
        self.target = target
        self.served = served
    }

    /// The first topic in which the target lacks what the served one has; nil where it lacks nothing.
    func lag() -> (isBehind: Bool, topic: Topic?) {
        guard let served else { return (false, nil) }
        guard let target else { return (true, nil) }
        for position in served.positions where position.isAhead(of: target[position.topic]) {
            return (true, position.topic)
        }
        return (false, nil)
    }
}

extension TopicPosition {
    fileprivate func isAhead(of other: TopicPosition) -> Bool {
        if sequence != other.sequence { return sequence > other.sequence }
        // A topic without sequences has only its offsets.
        return sequence == 0 && (nextOffset ?? 0) > (other.nextOffset ?? 0)
    }
}

extension EpochRegistry {
    /// Reads where an epoch and the served one stand in a partition, both in one step.
    package typealias Standings =
        @Sendable (_ target: Int64, _ served: Int64, _ partition: Shard) async throws -> EpochStanding

    /// Answers readers from another epoch: forward to one that was built and proved, or back to one that was kept.
    ///
    /// That the epoch lacks nothing is looked at once a partition while its lane's word stands, and stays true from
    /// then on: the lane writes this epoch before the served one. The change itself is one conditional statement, which
    /// the fence, any new lane and any lane that took its word back make fail.
    ///
    /// - Parameters:
    ///   - model: Its name.
    ///   - epoch: What is to be served.
    ///   - fence: The fence that the caller has seen.
    ///   - kind: Whether it goes forward or back.
    ///   - operator: Who asks for it.
    ///   - patience: How long lanes may take to give their word, and the epoch to catch up.
    ///   - standings: Where both epochs stand; only the model's own store knows.
    /// - Returns: The change, and how long the change itself took.
    /// - Throws: `EpochError` with what is missing; `PGError`; what `standings` throws.
    package func swap(
        _ model: String, to epoch: Int64, expecting fence: Int64, _ kind: EpochSwap.Kind = .swap, by operator: String,
        patience: Duration = .seconds(5), standings: Standings
    ) async throws -> (swap: EpochSwap, took: Duration) {
        let deadline = ContinuousClock.now + patience
        var sound: [Shard: Int64] = [:]  // the generation of the lane while which the epoch was seen not to be behind
        while true {
            do {
                let epochs = try await checked(model, epoch, expecting: fence)
                try await compare(epochs, epoch, &sound, standings)
                return try await swapNow(model, epoch, fence, kind, by: `operator`)
            } catch let error as EpochError where error.mayPass && ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// Where a rollback goes: what was served before the last swap.
    ///
    /// - Throws: `EpochError.nothingToRollBack`; `PGError`.
    package func rollbackTarget(of model: String) async throws -> Int64 {
        let rows = try await pool.query(SQL.readPreviousEpoch, [.text(model)])
        guard rows.count == 1 else { throw EpochError.nothingToRollBack(model: model) }
        return rows.int(0, 0)
    }

    private func checked(_ model: String, _ epoch: Int64, expecting fence: Int64) async throws -> ModelEpochs {
        let epochs = try await epochs(of: model)
        guard let target = epochs[epoch] else { throw EpochError.unknownEpoch(model: model, epoch: epoch) }
        if epochs.served == epoch { throw EpochError.servedAlready(epoch: epoch) }
        if epochs.fence != fence { throw EpochError.fenceMoved(expected: fence, found: epochs.fence) }
        if !target.scope.isWhole { throw EpochError.scoped(epoch: epoch, target.scope) }
        guard target.state == .ready || target.state == .kept else {
            throw EpochError.state(epoch: epoch, target.state)
        }
        if target.state == .ready, !target.isProved {
            throw EpochError.unproved(epoch: epoch, held: target.heldDigest, folded: target.foldedDigest)
        }
        let missing = Set(Shard.all).subtracting(epochs.adopted(epoch))
        if !missing.isEmpty { throw EpochError.notAdopted(epoch: epoch, missing.sorted { $0.number < $1.number }) }
        return epochs
    }

    private func compare(
        _ epochs: ModelEpochs, _ epoch: Int64, _ sound: inout [Shard: Int64], _ standings: Standings
    ) async throws {
        for lane in epochs.lanes where sound[lane.partition] != lane.generation {
            let (isBehind, topic) = try await standings(epoch, epochs.served, lane.partition).lag()
            if isBehind { throw EpochError.behind(epoch: epoch, lane.partition, topic: topic) }
            sound[lane.partition] = lane.generation
        }
    }

    private func swapNow(
        _ model: String, _ epoch: Int64, _ fence: Int64, _ kind: EpochSwap.Kind, by operator: String
    ) async throws -> (swap: EpochSwap, took: Duration) {
        let begun = ContinuousClock.now
        let partitions = PGValue.int(Int64(Shard.count))
        let swap: EpochSwap? = try await pool.transaction { session in
            let rows = try await session.pipeline([
                PGStep(SQL.lockProjectionModel, [.text(model)]), PGStep(SQL.lockEpochLanes, [.text(model)]),
                PGStep(
                    SQL.swapEpoch,
                    [
                        .text(model), .int(epoch), .int(fence), partitions, .text(kind.rawValue), .text(`operator`),
                    ]),
            ])[2]
            guard rows.count == 1 else { return nil }
            let before = rows.int(0, 0)
            _ = try await session.pipeline([
                PGStep(SQL.keepSwappedEpoch, [.text(model), .int(before), partitions]),
                PGStep(SQL.serveSwappedEpoch, [.text(model), .int(epoch)]),
            ])
            return EpochSwap(
                fence: rows.int(0, 1), from: before, to: epoch, kind: kind, by: `operator`,
                at: Instant(microseconds: rows.timestamp(0, 2)))
        }
        let took = begun.duration(to: .now)
        guard let swap else {
            _ = try await checked(model, epoch, expecting: fence)
            throw EpochError.lanesChanged(epoch: epoch)
        }
        await wake(model)
        return (swap, took)
    }

    // MARK: dropping

    /// Takes an epoch out of everybody's hands: lanes stop writing it, and nobody can rebuild or serve it any more.
    ///
    /// - Returns: The epoch, in state `dropping`; calling it again changes nothing.
    /// - Throws: `EpochError.served`, `.running`, `.state` where it is gone, `.unknownEpoch`; `PGError`.
    package func beginDrop(_ model: String, _ epoch: Int64) async throws -> EpochRecord {
        let didBegin = try await pool.transaction { session in
            try await Self.lock(model, session)
            return try await session.query(SQL.beginEpochDrop, [.text(model), .int(epoch)]).count == 1
        }
        let found = try await record(model, epoch)
        guard didBegin else {
            if found.state == .served { throw EpochError.served(epoch: epoch) }
            if found.isLeased { throw EpochError.running(epoch: epoch, by: found.owner ?? "somebody") }
            throw EpochError.state(epoch: epoch, found.state)
        }
        await wake(model)
        return found
    }

    /// Finds the lanes that have not let go of an epoch yet; one that was not heard of for `silence` is gone.
    ///
    /// - Returns: Their partitions.
    /// - Throws: `EpochError.unknownModel`; `PGError`.
    package func writers(of epoch: Int64, _ model: String, silence: Duration = .seconds(15)) async throws -> [Shard] {
        let epochs = try await epochs(of: model)
        let held = Set(epochs.adoptions.filter { $0.epoch == epoch }.map(\.partition))
        return epochs.lanes.filter { lane in
            let age = epochs.readAt.microseconds - lane.seenAt.microseconds
            return held.contains(lane.partition) && age < silence.microseconds
        }.map(\.partition)
    }

    /// Notes that nothing is left of an epoch.
    ///
    /// - Throws: `EpochError.state` where it was not being dropped; `PGError`.
    package func finishDrop(_ model: String, _ epoch: Int64) async throws {
        let rows = try await pool.query(SQL.finishEpochDrop, [.text(model), .int(epoch)])
        if rows.count == 1 { return }
        throw EpochError.state(epoch: epoch, try await record(model, epoch).state)
    }
}

extension EpochError {
    /// Whether lanes may put it right within moments.
    fileprivate var mayPass: Bool {
        switch self {
        case .notAdopted, .behind, .lanesChanged: true
        default: false
        }
    }
}
