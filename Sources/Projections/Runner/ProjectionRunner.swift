package import Domain
package import EventStore
package import Kafka
package import Observability
import Synchronization

/// Keeps one model in step with the log, for the partitions that its group gives to this process.
///
/// It starts where the model's own checkpoint says, takes a baseline where the log cannot carry on from there, drops
/// what the model has already, and stops a partition, alone, where events are nowhere to be had.
package final class ProjectionRunner: Sendable {
    private let model: any ProjectionModel
    private let stores: [Topic: EventReader]
    private let kafka: @Sendable () async throws -> KafkaSettings
    private let reading: ProjectionReading
    private let recordsMax: Int
    private let log: Log
    private let metrics: ProjectionMetrics
    private let clock: any WallClock
    private let foreign: ForeignRecords?
    private let current = Mutex<(session: ConsumerSession?, problem: KafkaError?)>((nil, nil))

    /// Starts nothing yet.
    ///
    /// - Parameters:
    ///   - model: What is kept in step.
    ///   - stores: The database behind each topic that has sequences; a topic that is not here has none.
    ///   - kafka: How to reach the brokers; asked again whenever they cannot be reached, as the embedded one moves.
    ///   - reading: Which partitions are ours.
    ///   - recordsMax: The largest batch, at least 1.
    ///   - log: Gets the model's name with every line.
    ///   - metrics: The figures of all runners of the process.
    ///   - clock: Says when the model had everything.
    ///   - foreign: Notes records that belong to nobody; nil: they are counted only.
    package init(
        _ model: any ProjectionModel, stores: [Topic: EventReader],
        kafka: @escaping @Sendable () async throws -> KafkaSettings, reading: ProjectionReading,
        recordsMax: Int = 10_000,
        log: Log, metrics: ProjectionMetrics, clock: any WallClock, foreign: ForeignRecords? = nil
    ) {
        precondition(recordsMax >= 1, "a batch has at least one record")
        precondition(Set(stores.keys).isSubset(of: model.topics), "a store for a topic that the model does not read")
        self.model = model
        self.stores = stores
        self.kafka = kafka
        self.reading = reading
        self.recordsMax = recordsMax
        self.log = log
        self.metrics = metrics
        self.clock = clock
        self.foreign = foreign
    }

    /// As above, as a member of a group: runners of one model share it, and the partitions.
    package convenience init(
        _ model: any ProjectionModel, stores: [Topic: EventReader],
        kafka: @escaping @Sendable () async throws -> KafkaSettings, groupID: String, recordsMax: Int = 10_000,
        log: Log, metrics: ProjectionMetrics, clock: any WallClock, foreign: ForeignRecords? = nil
    ) {
        self.init(
            model, stores: stores, kafka: kafka, reading: .group(groupID), recordsMax: recordsMax, log: log,
            metrics: metrics, clock: clock, foreign: foreign)
    }

    /// How it is just now.
    package var health: ProjectionHealth {
        let (session, problem) = current.withLock { $0 }
        let partitions = session?.health ?? []
        return ProjectionHealth(
            model: model.name, brokerProblem: session.map(\.problem) ?? problem, partitions: partitions,
            quarantined: partitions.reduce(0) { $0 + model.quarantined(in: $1.partition) })
    }

    /// Runs until the task is cancelled; then every partition has finished or dropped what it was doing.
    package func run() async {
        var backoff = Backoff()
        while !Task.isCancelled {
            let begun = ContinuousClock.now
            do {
                try await runSession()
            } catch is CancellationError {
                break
            } catch {
                current.withLock { $0 = (nil, error as? KafkaError) }
                log.warning("projection lost its consumer", [.model: .code(model.name), .error: .error(error)])
            }
            if begun.duration(to: .now) > .seconds(10) { backoff.reset() }
            try? await Task.sleep(for: backoff.delay())
        }
        current.withLock { $0 = (nil, nil) }
    }

    private func runSession() async throws {
        let settings = try await kafka()
        let session = try ConsumerSession(settings, reading, address: kafka) { admin in
            LaneContext(
                model: model, stores: stores,
                probe: LogProbe(settings, admin: admin, sequenced: Set(stores.keys)), log: log, metrics: metrics,
                clock: clock, recordsMax: recordsMax, foreign: foreign)
        }
        current.withLock { $0 = (session, nil) }
        try await session.run()
    }
}

/// Which partitions a runner reads.
package enum ProjectionReading: Sendable {
    /// Those that a consumer group gives it: live projection.
    case group(String)
    /// Exactly these, under a name of its own, at once and whoever else reads them: a rebuild.
    case alone(name: String, [Shard])

    /// Names the consumer in the brokers' logs.
    var name: String {
        switch self {
        case .group(let name), .alone(let name, _): name
        }
    }
}
