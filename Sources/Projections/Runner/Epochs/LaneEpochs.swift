import Domain
import EventStore
import Observability

/// All epochs of a model in one partition, as the lane of live projection writes them.
actor LaneEpochs {
    /// What the lanes of a model share.
    struct Context: Sendable {
        let model: String
        let registry: EpochRegistry
        let missed: MissedEvents
        let sequenced: Set<Topic>
        let owner: String
        let log: Log
        let board: EpochBoard
        let models: EpochModels
    }

    /// Why a lane has to begin anew.
    enum Fault: Error, Hashable {
        /// Another lane has the partition.
        case replaced
        /// An epoch is served that this lane does not write in step.
        case rolesChanged
        /// The lane was released, or has begun anew, in the meantime.
        case over
    }

    /// An epoch that is not served.
    private struct Member {
        let model: any ProjectionModel
        /// Where it stands.
        var at: ProjectionCheckpoint
        /// What came since, while it is being brought on; nil: it is in step, written first in every batch.
        var waiting: [ProjectionBatch]?
        /// Whether the lane has given its word for it under the present fence.
        var hasWord = false
    }

    /// Batches that may wait for an epoch that is being brought on.
    private static let waitingMax = 64
    /// How long a lane that was replaced waits to be told so by its consumer before it looks again.
    private static let replacedPause: Duration = .seconds(2)
    /// How long somebody may still be answered from an epoch after a swap has taken it from the readers; ten times what
    /// they need to follow.
    private static let readersLeave: Duration = .milliseconds(500)
    /// Between two attempts to adopt an epoch that failed.
    private static let retryPause: Duration = .seconds(1)

    nonisolated let partition: Shard
    private let context: Context
    private let turn = Permits(1)
    /// Which lane of the partition this is; nil while it has none.
    private(set) var generation: Int64?
    private var life = 0
    private var served: Int64 = 0
    private var fence: Int64 = 0
    /// Where the lane is: everything up to here is in the served epoch, and was told.
    private var position: ProjectionCheckpoint?
    /// What the stores had stamped when the lane began: what a lane before it may have shown to readers, in pages of
    /// the served epoch beyond the checkpoint, is not beyond that.
    private var heads: [Topic: Int64] = [:]
    private var members: [Int64: Member] = [:]
    private var isSettling = false
    private var retryAt: [Int64: ContinuousClock.Instant] = [:]

    init(_ partition: Shard, _ context: Context) {
        self.partition = partition
        self.context = context
    }

    // MARK: the lane's life

    /// A lane starts where the served epoch stands; nil where that was never built, or is gone.
    func start() async throws -> ProjectionCheckpoint? {
        try await begin()
        position = try await context.models[served].checkpoint(of: partition)
        return position
    }

    /// A lane starts by building the served epoch anew; nobody's word holds meanwhile.
    func build(_ ends: LogEnds) async throws -> ProjectionCheckpoint {
        try await begin()
        let checkpoint = try await context.models[served].takeBaseline(of: partition, ends: ends)
        position = checkpoint
        return checkpoint
    }

    /// The partition is ours no longer.
    func release() async {
        await turn.withPermit {
            await forget()
            generation = nil
            await context.models[served].released(partition)
        }
    }

    private func begin() async throws {
        try await turn.withPermit {
            await forget()
            generation = try await context.registry.beginLane(context.model, partition, owner: context.owner)
            // Read after that: a swap that counted on the lane before has committed, and is seen.
            let askedAt = ContinuousClock.now
            let epochs = try await context.registry.epochs(of: context.model)
            context.board.note(epochs, askedAt: askedAt)
            (served, fence) = (epochs.served, epochs.fence)
            heads = try await context.missed.heads(of: partition)
        }
    }

    private func forget() async {
        life += 1
        position = nil
        for member in members.values { await member.model.released(partition) }
        members = [:]
        retryAt = [:]
    }

    // MARK: what the runner asks for

    /// Writes a batch into every epoch that is in step, the served one last.
    func apply(_ batch: ProjectionBatch) async throws {
        do {
            try await turn.withPermit {
                try await takeNote()
                for epoch in members.keys.sorted() { try await writeFirst(epoch, batch) }
                try await context.models[served].apply(batch)
                position = batch.checkpoint
                for epoch in members.keys { keep(batch, for: epoch) }
            }
        } catch Fault.replaced {
            try await Task.sleep(for: Self.replacedPause)
            throw Fault.replaced
        }
    }

    /// Lets every epoch in step follow the time; the served one first, so that it is the one that tells of a new day.
    func tick(_ progress: ProjectionProgress) async throws {
        try await turn.withPermit {
            try await takeNote()
            try await context.models[served].tick(partition, progress)
            for epoch in members.keys.sorted() {
                guard let member = members[epoch], member.waiting == nil else { continue }
                let own = ProjectionProgress(
                    lagEvents: progress.lagEvents, caughtUpAt: progress.caughtUpAt, checkpoint: member.at,
                    announcing: .elsewhere(through: progress.checkpoint))
                do { try await member.model.tick(partition, own) } catch { try await lose(epoch, error) }
            }
        }
    }

    private func writeFirst(_ epoch: Int64, _ batch: ProjectionBatch) async throws {
        guard let member = members[epoch], member.waiting == nil,
            let share = batch.share(of: member.at, told: batch.previous, sequenced: context.sequenced)
        else { return }
        do {
            try await member.model.apply(share)
        } catch let error as ProjectionFault {
            return try await lose(epoch, error)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // Once more, as giving up makes it unfit to be swapped in until it has been brought on again.
            do { try await member.model.apply(share) } catch { return try await lose(epoch, error) }
        }
        members[epoch]?.at = share.checkpoint
    }

    private func keep(_ batch: ProjectionBatch, for epoch: Int64) {
        guard let count = members[epoch]?.waiting?.count else { return }
        if count < Self.waitingMax {
            members[epoch]?.waiting?.append(batch)
        } else {
            members[epoch] = nil  // it is brought on from the store again
        }
    }

    // MARK: roles

    /// Learns from the registry: another lane, a swap, epochs that nobody wants any more.
    private func takeNote() async throws {
        guard let generation else { throw Fault.over }
        guard let epochs = await context.board.current() else { return }
        if let lane = epochs.lanes.first(where: { $0.partition == partition }), lane.generation > generation {
            throw Fault.replaced
        }
        if epochs.fence > fence { try await changeRoles(epochs) }
        let wanted = wanted(epochs)
        for epoch in members.keys where !wanted.contains(epoch) {
            await members[epoch]?.model.released(partition)
            members[epoch] = nil
        }
    }

    /// Between two batches, when all epochs in step have the same events.
    ///
    /// The one that was served is written no more until its readers have left it (`wanted`): first in every batch, it
    /// would show them what the one that they go to does not have yet.
    private func changeRoles(_ epochs: ModelEpochs) async throws {
        if epochs.served != served {
            guard position != nil, let next = members[epochs.served], next.waiting == nil else {
                throw Fault.rolesChanged
            }
            members[epochs.served] = nil
            await context.models[served].released(partition)
            served = epochs.served
        }
        fence = epochs.fence
        for epoch in members.keys { members[epoch]?.hasWord = false }
    }

    private func wanted(_ epochs: ModelEpochs) -> Set<Int64> {
        let asked = epochs.adoptions.filter { $0.partition == partition && $0.epoch != epochs.served }.map(\.epoch)
        return Set(
            asked.filter { epoch in
                guard let record = epochs[epoch], record.state.isWritable else { return false }
                guard let leftAt = record.leftAt else { return true }
                return .microseconds(epochs.readAt.microseconds - leftAt.microseconds) >= Self.readersLeave
            })
    }

    /// An epoch that is not served does not take the served one down: it is given up, or left behind for now.
    private func lose(_ epoch: Int64, _ error: any Error) async throws {
        guard let generation else { throw Fault.over }
        switch error {
        case is CancellationError: throw error
        case ProjectionFault.modelLost: break
        case is ProjectionFault: throw error  // an event that cannot be read is the same for all epochs
        default: break
        }
        let isLost = error as? ProjectionFault == .modelLost
        // Before the served epoch goes on: a swap must not count on this one any more.
        let servedNow = try await context.registry.withdraw(
            context.model, epoch, partition, generation: generation, isFinal: isLost)
        if servedNow == nil { throw Fault.replaced }
        if servedNow == epoch { throw Fault.rolesChanged }
        await members[epoch]?.model.released(partition)
        members[epoch] = nil
        retryAt[epoch] = .now + Self.retryPause
        if isLost {
            context.log.error("an epoch that is not served was lost", [.epoch: .int(epoch), .partition: number])
            try await context.registry.fail(
                context.model, epoch, because: "partition \(partition.number) was lost from its store")
        } else {
            context.log.warning(
                "an epoch that is not served is left behind for now",
                [.epoch: .int(epoch), .partition: number, .error: .error(error)])
        }
    }

    private var number: LogValue { .count(partition.number) }

    // MARK: adoption

    /// Does what the registry asks for: lets go, gives its word, brings on what is to be adopted; one call at a time.
    func settle() async {
        guard !isSettling, position != nil else { return }
        isSettling = true
        defer { isSettling = false }
        do {
            let epochs = try await turn.withPermit {
                try await takeNote()
                try await giveWord()
                return await context.board.current()
            }
            guard let epochs else { return }
            try await letGo(epochs)
            for epoch in wanted(epochs).sorted() where members[epoch] == nil && isDue(epoch) {
                do { try await adopt(epoch) } catch {
                    if error is Fault || error is CancellationError { throw error }
                    let isCurrent = try await turn.withPermit {
                        guard members[epoch] != nil else { return false }
                        try await lose(epoch, error)
                        return true
                    }
                    if !isCurrent { retryAt[epoch] = .now + Self.retryPause }
                }
            }
        } catch {
            if error is Fault || error is CancellationError { return }  // the lane itself finds out
            context.log.warning("epochs could not be settled", [.partition: number, .error: .error(error)])
        }
    }

    private func isDue(_ epoch: Int64) -> Bool { retryAt[epoch].map { $0 <= .now } ?? true }

    private func letGo(_ epochs: ModelEpochs) async throws {
        guard let generation else { throw Fault.over }
        for adoption in epochs.adoptions where adoption.partition == partition && adoption.epoch != epochs.served {
            guard let state = epochs[adoption.epoch]?.state, !state.isWritable, members[adoption.epoch] == nil else {
                continue
            }
            _ = try await context.registry.withdraw(
                context.model, adoption.epoch, partition, generation: generation, isFinal: true)
        }
    }

    /// Says that the epochs in step are written before the served one, once they have all that readers may have seen.
    private func giveWord() async throws {
        guard let generation, let position else { throw Fault.over }
        guard heads.allSatisfy({ position[$0.key].sequence >= $0.value }) else { return }
        let epochs = members.filter { $0.value.waiting == nil && !$0.value.hasWord }.map(\.key).sorted()
        if epochs.isEmpty { return }
        guard
            try await context.registry.giveWord(
                context.model, epochs, partition, generation: generation, fence: fence)
        else { throw Fault.replaced }
        for epoch in epochs { members[epoch]?.hasWord = true }
    }

    /// Brings an epoch on to where the lane is, beside it, and takes it into step between two batches.
    private func adopt(_ epoch: Int64) async throws {
        let model = context.models[epoch]
        let (begun, start) = try await turn.withPermit {
            guard let position else { throw Fault.over }
            // From here on the lane keeps what it writes for this epoch, too.
            members[epoch] = Member(model: model, at: position, waiting: [])
            return (life, position)
        }
        guard var at = try await model.checkpoint(of: partition) else { throw ProjectionFault.modelLost }
        while let batch = try await context.missed.batch(after: at, through: start, of: partition) {
            try await model.apply(batch)
            at = batch.checkpoint
        }
        while true {
            let rest: [ProjectionBatch]? = try await turn.withPermit {
                guard life == begun, let waiting = members[epoch]?.waiting else { throw Fault.over }
                if waiting.count > 1 {
                    members[epoch]?.waiting = []
                    return waiting
                }
                at = try await write(waiting, to: model, from: at)
                try await join(epoch, at)
                return nil
            }
            guard let rest else { break }
            at = try await write(rest, to: model, from: at)
        }
        context.log.info("an epoch was adopted", [.epoch: .int(epoch), .partition: number])
    }

    private func write(
        _ batches: [ProjectionBatch], to model: any ProjectionModel, from checkpoint: ProjectionCheckpoint
    ) async throws -> ProjectionCheckpoint {
        var at = checkpoint
        for batch in batches {
            guard let share = batch.share(of: at, told: batch.previous, sequenced: context.sequenced) else { continue }
            try await model.apply(share)
            at = share.checkpoint
        }
        return at
    }

    private func join(_ epoch: Int64, _ at: ProjectionCheckpoint) async throws {
        guard let position else { throw Fault.over }
        // Notes beside its checkpoint what was told so far, which counts from the moment at which it is served.
        try await context.models[epoch].tick(
            partition,
            ProjectionProgress(
                lagEvents: nil, caughtUpAt: nil, checkpoint: at, announcing: .elsewhere(through: position)))
        members[epoch]?.at = at
        members[epoch]?.waiting = nil
        try await giveWord()
    }
}
