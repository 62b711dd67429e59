package import Domain
package import EventStore
package import Kafka
package import Observability
import Synchronization

/// One model in all the epochs that live projection writes: the one that is served, those that are kept for a rollback,
/// and those that a rebuild asks to be adopted.
///
/// In each batch the epochs that are not served come first and the served one last, each by a checkpoint of its own. So
/// an epoch that has caught up once is never behind what readers have seen, and a lane can give its word for it.
package final class LiveEpochs: ProjectionModel {
    /// Between two looks at the registry; notifications come sooner.
    private static let interval: Duration = .milliseconds(250)
    /// Between two signs of life of the lanes.
    private static let touchInterval: Duration = .seconds(2)

    package let name: String
    package let topics: [Topic]
    private let url: String
    private let context: LaneEpochs.Context
    private let lanes = Mutex<[Shard: LaneEpochs]>([:])

    /// Begins nothing; `run` must run beside the runner.
    ///
    /// - Parameters:
    ///   - name: The model's name in the registry.
    ///   - topics: What the model reads, in its order.
    ///   - registry: Says which epochs there are.
    ///   - url: The registry's database, to listen there.
    ///   - stores: The database behind each topic that has sequences.
    ///   - kafka: How to reach the brokers, for what an epoch lacks of a topic without sequences.
    ///   - owner: Names the process in the registry.
    ///   - log: Gets the model's name with every line.
    ///   - make: The model over one epoch; called once an epoch.
    package init(
        _ name: String, topics: [Topic], registry: EpochRegistry, url: String, stores: [Topic: EventReader],
        kafka: @escaping @Sendable () async throws -> KafkaSettings, owner: String, log: Log,
        make: @escaping @Sendable (_ epoch: Int64) -> any ProjectionModel
    ) {
        self.name = name
        self.topics = topics
        self.url = url
        context = LaneEpochs.Context(
            model: name, registry: registry, missed: MissedEvents(topics: topics, stores: stores, kafka: kafka),
            sequenced: Set(stores.keys), owner: owner, log: log.with([.model: .code(name)]),
            board: EpochBoard(name, registry), models: EpochModels(make))
    }

    /// Follows the registry until the task is cancelled: lanes learn from here what they are to write.
    package func run() async {
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withDiscardingTaskGroup { group in
            group.addTask {
                await EpochSignal(url: self.url, label: "\(self.name)-epochs").follow { continuation.yield() }
            }
            group.addTask {
                while !Task.isCancelled {
                    continuation.yield()
                    try? await Task.sleep(for: Self.interval)
                }
                continuation.finish()
            }
            var touchedAt: ContinuousClock.Instant?
            for await _ in changes {
                guard await context.board.refresh() != nil else { continue }
                let present = lanes.withLock { Array($0.values) }
                if touchedAt.map({ $0.duration(to: .now) >= Self.touchInterval }) ?? true {
                    touchedAt = .now
                    await touch(present)
                }
                for lane in present { group.addTask { await lane.settle() } }
            }
        }
    }

    private func touch(_ lanes: [LaneEpochs]) async {
        var alive: [(partition: Shard, generation: Int64)] = []
        for lane in lanes {
            if let generation = await lane.generation { alive.append((lane.partition, generation)) }
        }
        try? await context.registry.touch(name, alive)  // the next one comes soon
    }

    private func lane(_ partition: Shard) -> LaneEpochs {
        lanes.withLock { lanes in
            if let known = lanes[partition] { return known }
            let made = LaneEpochs(partition, context)
            lanes[partition] = made
            return made
        }
    }

    // MARK: the model

    package func checkpoint(of partition: Shard) async throws -> ProjectionCheckpoint? {
        try await lane(partition).start()
    }

    package func apply(_ batch: ProjectionBatch) async throws {
        try await lane(batch.partition).apply(batch)
    }

    package func takeBaseline(of partition: Shard, ends: LogEnds) async throws -> ProjectionCheckpoint {
        try await lane(partition).build(ends)
    }

    package func tick(_ partition: Shard, _ progress: ProjectionProgress) async throws {
        try await lane(partition).tick(progress)
    }

    package func released(_ partition: Shard) async {
        let lane = lanes.withLock { $0.removeValue(forKey: partition) }
        await lane?.release()
    }

    /// Of the epoch in which most wait.
    package func quarantined(in partition: Shard) -> Int {
        context.models.all.map { $0.quarantined(in: partition) }.max() ?? 0
    }

    package func digest(of partition: Shard) async throws -> ModelDigest {
        let served = try await context.registry.epochs(of: name).served
        return try await context.models[served].digest(of: partition)
    }
}

/// The model over each epoch, made when it is first needed.
final class EpochModels: Sendable {
    private let make: @Sendable (Int64) -> any ProjectionModel
    private let known = Mutex<[Int64: any ProjectionModel]>([:])

    init(_ make: @escaping @Sendable (Int64) -> any ProjectionModel) {
        self.make = make
    }

    /// Those that were needed so far.
    var all: [any ProjectionModel] { known.withLock { Array($0.values) } }

    subscript(_ epoch: Int64) -> any ProjectionModel {
        known.withLock { known in
            if let model = known[epoch] { return model }
            let made = make(epoch)
            known[epoch] = made
            return made
        }
    }
}

/// What a process has seen of a model's registry last.
final class EpochBoard: Sendable {
    /// A process that was stopped asks again before it writes.
    private static let trustedFor: Duration = .seconds(2)

    private let model: String
    private let registry: EpochRegistry
    private let latest = Mutex<(epochs: ModelEpochs, askedAt: ContinuousClock.Instant)?>(nil)

    init(_ model: String, _ registry: EpochRegistry) {
        self.model = model
        self.registry = registry
    }

    /// What was seen last; asked for where that is long ago.
    ///
    /// While the registry is away, what was known goes on: nothing can be swapped meanwhile.
    func current() async -> ModelEpochs? {
        let known = latest.withLock { $0 }
        if let known, known.askedAt.duration(to: .now) < Self.trustedFor { return known.epochs }
        return await refresh() ?? known?.epochs
    }

    /// Asks the registry; nil where it cannot be asked.
    @discardableResult
    func refresh() async -> ModelEpochs? {
        let askedAt = ContinuousClock.now
        guard let epochs = try? await registry.epochs(of: model) else { return nil }
        note(epochs, askedAt: askedAt)
        return epochs
    }

    /// Keeps what somebody has read.
    func note(_ epochs: ModelEpochs, askedAt: ContinuousClock.Instant) {
        latest.withLock { latest in
            if let known = latest, known.epochs.readAt > epochs.readAt { return }
            latest = (epochs, askedAt)
        }
    }
}
