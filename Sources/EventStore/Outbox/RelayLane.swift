import Domain
import Kafka
import Observability
import Postgres
import Synchronization

/// Drains some of a database's shards over one connection and one producer.
///
/// In a loop: take over new shards (publish first what an earlier owner stamped and nobody acknowledged), note what
/// Kafka acknowledged, stamp the next batch, publish it. The next statement is sent before this batch is produced, and
/// up to `unacknowledgedMax` batches wait for Kafka. Any failure ends the session and the producer; then every shard
/// gets a new epoch, which fences off what may still be running, and is taken over again from what the database says.
actor RelayLane {
    let number: Int
    let settings: RelayerSettings
    let table: ShardTable
    let leases: ShardLeases
    let metrics: LaneMetrics
    let log: Log
    /// Fires when there may be work, and when Kafka acknowledged or refused.
    nonisolated let signal = WakeSignal()

    /// A shard that was taken over: positions go on from here.
    struct Progress {
        let epoch: Int64
        var stamped: Int64
        var acknowledged: Int64
        var noted: Int64
    }

    var progress: [Shard: Progress] = [:]
    var inFlight: [PublishedBatch] = []
    var floor = ScanFloor()
    var records: RecordBuilder?
    var isStopping = false
    var failuresInRow = 0
    /// Since when an acknowledgement waits to be noted in the database.
    var unnotedSince: ContinuousClock.Instant?
    /// What the statement that is on its way notes.
    var marksOnTheWay: [Shard: Int64] = [:]
    private var adoptedVersion = -1
    private var lookedAt = ContinuousClock.now
    private var producerAddress = ""
    private nonisolated let hasNews = Atomic(false)

    init(
        number: Int, settings: RelayerSettings, table: ShardTable, leases: ShardLeases, metrics: LaneMetrics, log: Log
    ) {
        self.number = number
        self.settings = settings
        self.table = table
        self.leases = leases
        self.metrics = metrics
        self.log = log
        records = settings.topicName.map { RecordBuilder(topic: $0, role: settings.role) }
    }

    /// The lowest outbox id that may still be there, as far as this lane knows.
    var floorID: Int64 { floor.outboxID }

    /// Says that something was committed.
    nonisolated func wake() {
        hasNews.store(true, ordering: .releasing)
        signal.fire()
    }

    /// Works until `stop`; returns when nothing of this lane is under way any more.
    func run() async {
        while !isStopping {
            do {
                try await leases.pool.withSession { session in try await self.work(on: session) }
            } catch {
                await recover(from: error)
            }
        }
    }

    /// Ends `run`, after waiting `stopPatience` for what Kafka has not acknowledged.
    func stop() {
        isStopping = true
        signal.fire()
    }

    private func work(on session: PGSession) async throws {
        try await session.execute(SQL.prepareRelaySession)
        var producer: KafkaProducer?
        if settings.topicName != nil {
            let kafka = try settings.kafka()
            producerAddress = kafka.bootstrapServers
            producer = try KafkaProducer(kafka, clientID: "relayer-\(settings.role)-\(number)")
        }
        do {
            try await drain(session, producer)
            try await finish()
        } catch {
            await producer?.close()
            throw error
        }
        await producer?.close()
    }

    private func drain(_ session: PGSession, _ producer: KafkaProducer?) async throws {
        var ready: PGRows?
        var wasFull = true  // nobody has looked yet
        while !isStopping || ready != nil {
            try settle()
            if let rows = ready {
                let batch = try take(rows)
                wasFull = batch.isFull
                let isRoomForNext = mayStampNow && inFlight.count + 1 < settings.unacknowledgedMax
                if batch.isFull && isRoomForNext && table.version == adoptedVersion {
                    // The next statement runs in the server while this batch is encoded here.
                    let parameters = stampParameters()
                    async let next = session.query(SQL.relayBatch, parameters)
                    publish(batch, with: producer)
                    ready = try await next
                } else {
                    publish(batch, with: producer)
                    ready = nil
                }
                continue
            }
            try await adopt(session, producer)
            if mayStampNow, try await isStatementDue(wasFull, session) {
                ready = try await session.query(SQL.relayBatch, stampParameters())
            } else {
                try checkBroker()
                await signal.wait(upTo: unnotedSince == nil ? settings.pollInterval : settings.markDelay)
            }
        }
    }

    private var mayStampNow: Bool { !isStopping && !progress.isEmpty && inFlight.count < settings.unacknowledgedMax }

    /// Whether a statement is due: somebody woke us, something was left, marks have waited long enough, or nobody woke
    /// us for the poll interval and there is something all the same.
    private func isStatementDue(_ wasFull: Bool, _ session: PGSession) async throws -> Bool {
        let isNew = hasNews.exchange(false, ordering: .acquiringAndReleasing)
        if isNew || wasFull { return true }
        let now = ContinuousClock.now
        if let unnotedSince, now - unnotedSince >= settings.markDelay { return true }
        if now - lookedAt < settings.pollInterval { return false }
        lookedAt = now
        let shards = progress.keys.sorted().map { Int64($0.number) }
        return try await session.query(SQL.lookForOutbox, [.intArray(shards), .int(floor.outboxID)]).bool(0, 0)
    }

    /// Brings this lane's shards in line with the table; called only while no statement is on its way.
    private func adopt(_ session: PGSession, _ producer: KafkaProducer?) async throws {
        let (version, assignments) = table.assignments(of: number)
        for (shard, known) in progress where assignments[shard]?.held.epoch != known.epoch {
            progress[shard] = nil
        }
        for assignment in assignments.values.sorted(by: { $0.held.shard < $1.held.shard }) {
            let shard = assignment.held.shard
            if assignment.isLeaving {
                let isUnderWay = inFlight.contains { $0.lastPositions[shard] != nil }
                if isUnderWay { continue }
                table.finish(assignment.held, acknowledged: progress[shard]?.acknowledged)
                progress[shard] = nil
            } else if progress[shard] == nil {
                try await takeOver(assignment.held, session, producer)
            }
        }
        if version == adoptedVersion { return }
        adoptedVersion = version
        floor.lower()
    }

    /// Notes acknowledgements in the order of publication; the first failure ends this producer.
    private func settle() throws {
        while let batch = inFlight.first, let at = try batch.acknowledgedAt() {
            inFlight.removeFirst()
            acknowledge(batch, at: at)
            failuresInRow = 0
        }
    }

    /// A broker that is away is waited for; but an embedded one comes back under another address.
    ///
    /// - Throws: `BrokerMoved`.
    func checkBroker() throws {
        guard let oldest = inFlight.first, .now - oldest.readAt >= settings.brokerPatience else { return }
        if try settings.kafka().bootstrapServers != producerAddress { throw BrokerMoved() }
    }

    /// Waits for what Kafka has not acknowledged, writes that down, and gives the shards back.
    private func finish() async throws {
        let end = ContinuousClock.now + settings.stopPatience
        while !inFlight.isEmpty && .now < end {
            try settle()
            if !inFlight.isEmpty { await signal.wait(upTo: .milliseconds(50)) }
        }
        for assignment in table.assignments(of: number).1.values {
            table.finish(assignment.held, acknowledged: progress[assignment.held.shard]?.acknowledged)
        }
        progress = [:]
    }

    /// What every failure leads to: forget everything, fence off the old epoch, wait a little, read the database again.
    private func recover(from error: any Error) async {
        let dependency = error is KafkaError ? "kafka" : error is PGError ? "postgres" : "relay"
        metrics.failure(dependency)
        log.warning("relay lane starts again", [.error: .error(error), .attempt: .int(Int64(failuresInRow + 1))])
        failuresInRow += 1
        progress = [:]
        inFlight = []
        floor = ScanFloor()
        unnotedSince = nil
        marksOnTheWay = [:]
        adoptedVersion = -1
        let pause = Duration.milliseconds(100 * (1 << min(failuresInRow - 1, 5)))
        if !isStopping { try? await Task.sleep(for: pause) }
        let held = table.assignments(of: number).1.values.map(\.held)
        do {
            table.replace(in: number, by: try await leases.advance(held))
        } catch {
            // Without an answer nobody knows whose they are; what is still ours expires and is taken anew.
            table.lose(held)
        }
    }
}

/// Kafka is to be found under another address than the one that the producer knows.
struct BrokerMoved: Error {}
