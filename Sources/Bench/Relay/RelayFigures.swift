import Domain
import EventStore
import Kafka
import Postgres

/// From the outbox to Kafka's acknowledgement: a backlog as fast as it goes, and single events as soon as they are
/// there.
struct RelayFigures {
    let ground: BenchGround

    func measure(_ report: (FigureResult) -> Void) async throws {
        var drained: [Double] = []
        var limits: [Double] = []
        for run in 1...ground.scale.runs {
            let (rate, limit) = try await drain()
            Progress.say(
                "   run \(run): \(decimal(rate, digits: 0)) events/s, limit \(decimal(limit, digits: 0)) events/s")
            drained.append(rate)
            limits.append(limit)
        }
        report(
            FigureResult(
                "relay, backlog", drained.median, .perSecond, limit: limits.median, target: .atLeast(60_000)))
        let latency = RelayLatency(ground: ground)
        let quiet = try await latency.measure(windows: ground.scale.runs, holdingSnapshot: false)
        report(
            FigureResult(
                "relay at 1,000/s, p50", quiet.map(\.p50).median, .milliseconds, target: .atMost(5)))
        report(
            FigureResult(
                "relay at 1,000/s, p99", quiet.map(\.p99).median, .milliseconds, target: .atMost(40)))
        let held = try await latency.measure(windows: ground.scale.runs, holdingSnapshot: true)
        report(
            FigureResult(
                "relay, snapshot open, p50", held.map(\.p50).max() ?? 0, .milliseconds, target: .atMost(5)))
        report(
            FigureResult(
                "relay, snapshot open, p99", held.map(\.p99).max() ?? 0, .milliseconds, target: .atMost(40)))
    }

    /// One backlog that becomes visible at once, as a long outage of the broker leaves it behind.
    ///
    /// - Returns: Events a second from its commit to the last acknowledgement, and what bare librdkafka does with the
    ///   same records.
    private func drain() async throws -> (rate: Double, limit: Double) {
        let count = ground.scale.count(400_000)
        let cluster = try await KafkaCluster.fresh(ground.settings)
        let store = try await RelayedStore.fresh(.booking, ground)
        let pool = store.server.pool(store.database)
        let admin = try KafkaAdmin(cluster.settings, clientID: "bench")
        let seconds = try await pool.withSession { session in
            try await store.append(bookings: count, from: ground.history, in: session)
            let relayer = try HostedRelayer(store: store, cluster: cluster, ground: ground)
            try await store.waitForOwner()
            try await Task.sleep(for: .seconds(1))  // its producer has connected by then
            let begin = ContinuousClock.now
            _ = try await session.query(.commit)
            _ = try await session.query(SQLStatement(name: "bench_wake", text: "SELECT pg_notify('outbox', '')"))
            try await store.waitForRecords(count, in: cluster, admin)
            let seconds = (ContinuousClock.now - begin).seconds
            await relayer.stop()
            return seconds
        }
        await pool.close()
        let records = ground.path("records")
        try await RelayedLog.save(.bookingEvents, count: count, from: cluster, to: records)
        let output = try await ChildProgram.run(
            ground.tools.bareProduce, [cluster.bootstrap, KafkaCluster.limitTopic, records],
            output: ground.path("logs/bare_produce.log"))
        await cluster.close()
        guard let limit = Double(output.split(separator: "\n").last ?? "") else { throw WrongAnswer(output) }
        return (Double(count) / seconds, limit)
    }
}

/// A relayer in a process of its own.
struct HostedRelayer: Sendable {
    private let program: ChildProgram

    init(store: RelayedStore, cluster: KafkaCluster, ground: BenchGround) throws {
        program = try ChildProgram(
            CommandLine.arguments[0], ["host", "relayer", store.domain.rawValue, store.url, cluster.bootstrap],
            output: ground.path("logs/relayer-\(store.domain.rawValue).log"))
    }

    func stop() async { await program.stop() }
}

extension RelayedStore {
    /// Appends the first `count` bookings of a history, 4,000 a statement.
    func append(bookings count: Int, from history: BookingHistory, in session: PGSession) async throws {
        let perBatch = 4_000
        try await append((count + perBatch - 1) / perBatch, in: session) { batch in
            (batch * perBatch..<min((batch + 1) * perBatch, count)).map(history.event)
        }
    }
}
