import Domain
import EventStore
import Kafka
import Postgres
import Synchronization

/// How long an event needs from its commit to Kafka at 1,000 events a second, each in a transaction of its own.
struct RelayLatency {
    let ground: BenchGround

    private static let rate = 1_000
    private static let writers = 8

    /// Writes at the rate for as many windows of ten seconds.
    ///
    /// The end of an event's way is its arrival at a consumer, which comes a little after the acknowledgement.
    ///
    /// With `holdingSnapshot` another connection keeps a snapshot open all the time. Answers the latencies of each
    /// window.
    func measure(windows: Int, holdingSnapshot: Bool) async throws -> [Latencies] {
        let cluster = try await KafkaCluster.fresh(ground.settings)
        let store = try await RelayedStore.fresh(.booking, ground)
        let relayer = try HostedRelayer(store: store, cluster: cluster, ground: ground)
        try await store.waitForOwner()
        let perWindow = Self.rate * (ground.scale.size < 1 ? 3 : 10)
        let warmUp = Self.rate * 2
        let times = EventTimes(count: warmUp + windows * perWindow)
        let reader = try ArrivalReader(cluster: cluster, times: times, history: ground.history)
        let pool = ground.databases.pool(store.database, sessionsMax: Self.writers + 1)
        try await pool.withSession { session in
            if holdingSnapshot {
                _ = try await session.query(.beginRepeatableRead)
                _ = try await session.query(SQLStatement(name: "bench_snapshot", text: "SELECT count(*) FROM outbox"))
            }
            let notifier = CommitNotifier(url: store.url, label: "bench-notify")
            let reading = Task { try await reader.run() }
            let writer = PacedWriter(
                pool: pool, notifier: notifier, times: times, rate: Self.rate, history: ground.history)
            try await writer.run(Self.writers)
            try await reading.value
            await notifier.close()
            if holdingSnapshot { _ = try await session.query(.rollback) }
        }
        await pool.close()
        await relayer.stop()
        await cluster.close()
        return (0..<windows).map { window in
            let start = warmUp + window * perWindow
            return Latencies(times.milliseconds(start..<start + perWindow))
        }
    }
}

/// When each event was committed and when it arrived, in microseconds.
final class EventTimes: Sendable {
    let count: Int
    private let state: Mutex<(committed: [Int64], arrived: [Int64])>

    init(count: Int) {
        self.count = count
        state = Mutex(([Int64](repeating: 0, count: count), [Int64](repeating: 0, count: count)))
    }

    func committed(_ event: Int, at time: Int64) { state.withLock { $0.committed[event] = time } }

    /// - Returns: Whether it is the first time that this event arrives.
    func arrived(_ event: Int, at time: Int64) -> Bool {
        state.withLock { state in
            guard state.arrived[event] == 0 else { return false }
            state.arrived[event] = time
            return true
        }
    }

    /// The commit is known when its answer is here; an event that was faster than that took no time.
    func milliseconds(_ events: Range<Int>) -> [Double] {
        state.withLock { state in events.map { Double(max(0, state.arrived[$0] - state.committed[$0])) / 1_000 } }
    }

    /// The same until moments that somebody else saw.
    func milliseconds(until seen: [Int64]) -> [Double] {
        state.withLock { state in zip(state.committed, seen).map { Double(max(0, $1 - $0)) / 1_000 } }
    }
}

/// Sees events come out of Kafka.
struct ArrivalReader: Sendable {
    let times: EventTimes
    private let history: BookingHistory
    private let consumer: KafkaConsumer

    init(cluster: KafkaCluster, times: EventTimes, history: BookingHistory) throws {
        self.times = times
        self.history = history
        let partitions = (0..<Topic.partitionsPerTopic).map {
            KafkaPartition(topic: Topic.bookingEvents.name, number: $0)
        }
        consumer = try KafkaConsumer(
            cluster.settings, clientID: "bench-arrivals",
            assigning: Dictionary(uniqueKeysWithValues: partitions.map { ($0, KafkaStart.beginning) }))
    }

    /// Reads until every event was seen.
    ///
    /// - Throws: `WrongAnswer` when nothing comes any more.
    func run() async throws {
        let clock = MachineClock()
        var missing = times.count
        while missing > 0 {
            let batch = try await consumer.poll(max: 1_000, timeout: .seconds(15))
            let now = clock.now().microseconds
            guard !batch.isEmpty else { throw WrongAnswer("\(missing) events never arrived in Kafka") }
            for record in batch {
                guard let id = record.withHeader("ce_id", { EventID(utf8: $0) }) ?? nil,
                    let event = history.number(of: id), event < times.count
                else { throw WrongAnswer("a foreign record in the log") }
                if event < 0 { continue }  // of an earlier window
                if times.arrived(event, at: now) { missing -= 1 }
            }
        }
        await consumer.close()
    }
}

/// Appends one event a transaction, evenly spaced, over a few connections.
struct PacedWriter: Sendable {
    let pool: PGPool
    let notifier: CommitNotifier
    let times: EventTimes
    let rate: Int
    let history: BookingHistory

    func run(_ writers: Int) async throws {
        let begin = ContinuousClock.now + .milliseconds(100)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask { try await write(every: writers, from: writer, begin) }
            }
            try await group.waitForAll()
        }
    }

    private func write(every step: Int, from first: Int, _ begin: ContinuousClock.Instant) async throws {
        let clock = MachineClock()
        try await pool.withSession { session in
            for index in stride(from: first, to: times.count, by: step) {
                let due = begin + .seconds(1) * Double(index) / Double(rate)
                if due > .now { try await Task.sleep(until: due, clock: .continuous) }
                let append = EventAppend([history.event(index)])
                _ = try await session.pipeline([PGStep(.begin)] + append.steps + [PGStep(.commit)])
                times.committed(index, at: clock.now().microseconds)
                notifier.committed()
            }
        }
    }
}
