package import Domain
import EventStore
package import Kafka
package import Observability
package import Postgres

/// Puts what models hold into the log now and then, so that a rebuild can do with the log alone.
///
/// Every process of the role does it, and a row in the database sees to it that only one is at a round; one that was
/// left is begun anew, under another name, once its lease has ended. Live projection comes first.
package struct BaselineKeeper: Sendable {
    /// Somebody else has the round by now.
    private struct ClaimLost: Error {}

    private static let lease: Duration = .seconds(30)
    /// Between two looks at what is due.
    private static let interval: Duration = .seconds(20)

    private let sources: [any BaselineSource]
    private let desk: BaselineDesk
    private let kafka: @Sendable () async throws -> KafkaSettings
    private let every: Duration
    private let owner: String
    private let identifiers: any IdentifierSource
    private let clock: any WallClock
    private let pace: RebuildPace?
    private let log: Log
    private let metrics: BaselineMetrics

    /// Does nothing yet.
    ///
    /// - Parameters:
    ///   - sources: The models, each by its name.
    ///   - pool: The practitioner database.
    ///   - kafka: How to reach the brokers.
    ///   - every: After how long a partition gets its next round, hours rather than minutes.
    ///   - owner: Names this process, for people.
    ///   - identifiers: Name rounds and records.
    ///   - clock: Says when a fold was begun.
    ///   - pace: Holds the work back while live projection is behind; nil: nothing does.
    ///   - log: Told of every round.
    ///   - metrics: The figures of the process.
    package init(
        _ sources: [any BaselineSource], pool: PGPool, kafka: @escaping @Sendable () async throws -> KafkaSettings,
        every: Duration, owner: String, identifiers: any IdentifierSource, clock: any WallClock,
        pace: RebuildPace? = nil, log: Log, metrics: BaselineMetrics
    ) {
        self.sources = sources
        desk = BaselineDesk(pool)
        self.kafka = kafka
        self.every = every
        self.owner = owner
        self.identifiers = identifiers
        self.clock = clock
        self.pace = pace
        self.log = log
        self.metrics = metrics
    }

    /// Runs until the task is cancelled; what fails is tried again at the next look.
    package func run() async {
        while !Task.isCancelled {
            do {
                try await publishDue()
            } catch {
                if Task.isCancelled { return }
                log.warning("it cannot be told which baselines are due; tried again", [.error: .error(error)])
            }
            do { try await Task.sleep(for: Self.interval) } catch { return }
        }
    }

    /// Publishes every round that is due and that nobody else is at, one after the other.
    ///
    /// One that fails waits for its lease to end, so that it is in nobody's way: the others come first.
    ///
    /// - Returns: How many.
    /// - Throws: `PGError`, `KafkaError` where it cannot be asked what is due; `CancellationError`.
    @discardableResult
    package func publishDue() async throws -> Int {
        let models = sources.map(\.model)
        try await desk.prepare(models)
        var count = 0
        while true {
            let settings = try await kafka()
            guard let marks = try await BaselineLog(settings).watermarks() else {
                throw KafkaError(.unknownTopic, during: "find \(BaselineTopic.name)")
            }
            let claim = try await desk.claim(
                models, every: every, ends: Shard.all.map { marks[$0]?.high ?? 0 }, round: EventID(from: identifiers),
                by: owner, lease: Self.lease)
            let standings = try await desk.standings()
            for model in models { metrics.note(model, standings) }
            guard let claim, let source = sources.first(where: { $0.model == claim.model }) else { return count }
            if try await publish(claim, source, settings) { count += 1 }
        }
    }

    private func publish(
        _ claim: BaselineDesk.Claim, _ source: any BaselineSource, _ settings: KafkaSettings
    ) async throws -> Bool {
        do {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask { try await keepLease(claim) }
                if let pace {
                    group.addTask {
                        await pace.watch()
                        return false
                    }
                }
                group.addTask { try await fold(claim, source, settings) }
                defer { group.cancelAll() }
                while let isDone = try await group.next() { if isDone { return } }
            }
            metrics.published(claim.model)
            return true
        } catch {
            guard Task.isCancelled else {
                metrics.failed(claim.model)
                log.warning(
                    "a baseline was given up and is begun anew",
                    [
                        .model: .code(claim.model), .partition: .count(claim.partition.number), .error: .error(error),
                    ])
                return false
            }
            // Not in this task, which is cancelled: whoever comes next must not wait for the lease to end.
            let desk = desk
            await Task { try? await desk.release(claim) }.value
            throw CancellationError()
        }
    }

    private func keepLease(_ claim: BaselineDesk.Claim) async throws -> Bool {
        while true {
            try await Task.sleep(for: Self.lease / 5)
            do {
                if try await !desk.renew(claim, lease: Self.lease) { throw ClaimLost() }
            } catch is PGError {
                continue  // the lease lasts for several attempts
            }
        }
    }

    /// - Returns: True, as the round is done.
    private func fold(
        _ claim: BaselineDesk.Claim, _ source: any BaselineSource, _ settings: KafkaSettings
    ) async throws -> Bool {
        let pace = pace
        let wait: @Sendable () async throws -> Void = {
            try Task.checkCancellation()
            try await pace?.wait()
        }
        let takenAt = clock.now()
        let folded = try await source.baseline(of: claim.partition, pace: wait)
        let round = BaselineRound(
            id: claim.round, model: claim.model, partition: claim.partition, count: folded.count,
            positions: folded.positions, days: folded.days, asOf: folded.asOf, takenAt: takenAt)
        let publisher = BaselineRoundPublisher(settings: settings, identifiers: identifiers, pace: wait)
        let offsets = try await publisher.publish(round, folded, source.wireType)
        guard try await desk.end(claim, at: offsets) else { throw ClaimLost() }
        log.info(
            "a baseline was put into the log",
            [
                .model: .code(claim.model), .partition: .count(claim.partition.number), .count: .count(folded.count),
            ])
        return true
    }
}
