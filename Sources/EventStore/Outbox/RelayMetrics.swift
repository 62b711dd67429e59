package import Observability

/// The relayers' figures; one instance a process, shared by the relayers of all its databases.
package struct RelayMetrics: Sendable {
    let depth: InstrumentFamily<Gauge>
    let age: InstrumentFamily<Gauge>
    let shards: InstrumentFamily<Gauge>
    let longTransactions: InstrumentFamily<Gauge>
    let oldestTransaction: InstrumentFamily<Gauge>
    let transactionSince: InstrumentFamily<Gauge>
    let relayed: InstrumentFamily<Counter>
    let republished: InstrumentFamily<Counter>
    let errors: InstrumentFamily<Counter>
    let latency: InstrumentFamily<Histogram>

    /// Registers the figures.
    package init(_ metrics: Metrics) {
        depth = metrics.gauges(
            "outbox_depth", "Rows of this process's shards that wait for a position, not counted beyond 100,000.",
            labels: ["database"])
        age = metrics.gauges(
            "outbox_age_seconds", "Age of the oldest row that waits for a position.", labels: ["database"])
        shards = metrics.gauges("relay_shards_held", "Shards that this process owns.", labels: ["database"])
        longTransactions = metrics.gauges(
            "long_transactions", "Transactions open for more than 5 s; the log names them.",
            labels: ["database", "holds_calendars"])
        oldestTransaction = metrics.gauges(
            "long_transaction_seconds", "How long the oldest transaction that holds calendars has been open; 0: none.",
            labels: ["database"])
        transactionSince = metrics.gauges(
            "long_transaction_since_timestamp_seconds",
            "Who has held calendars for more than 5 s, and since when; gone when it ends.",
            labels: ["database", "user", "application"])
        relayed = metrics.counters(
            "relay_events_total", "Records acknowledged by Kafka, or stamped where nothing is published.",
            labels: ["database"])
        republished = metrics.counters(
            "relay_republished_total", "Records published again after a failure or a takeover.", labels: ["database"])
        errors = metrics.counters(
            "relay_errors_total", "Failures after which shards got a new epoch.", labels: ["database", "dependency"])
        latency = metrics.histograms(
            "relay_latency_seconds", "From the append of an event to Kafka's acknowledgement.", labels: ["database"])
    }
}

/// The figures of one database's lanes, looked up once.
struct LaneMetrics: Sendable {
    let relayed: Counter
    let republished: Counter
    private let latency: Histogram
    private let errors: InstrumentFamily<Counter>
    private let database: String

    init(_ metrics: RelayMetrics, database: String) {
        relayed = metrics.relayed.with(database)
        republished = metrics.republished.with(database)
        latency = metrics.latency.with(database)
        errors = metrics.errors
        self.database = database
    }

    /// Counts a failure by what failed: `postgres`, `kafka` or `relay`.
    func failure(_ dependency: String) {
        errors.with(database, dependency).increment()
    }

    /// Counts events that are done.
    ///
    /// - Parameters:
    ///   - ages: Microseconds from append to reading, by the database's clock alone.
    ///   - wait: From reading to acknowledgement, by ours alone; so two clocks are never compared.
    func done(_ ages: [Int64], after wait: Duration) {
        relayed.increment(by: ages.count)
        let seconds = wait / .seconds(1)
        for age in ages { latency.observe(Double(age) / 1_000_000 + seconds) }
    }
}
