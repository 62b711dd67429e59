import Domain
package import Observability

/// The figures of what a process puts into the log for rebuilds; made once at the composition root.
package struct BaselineMetrics: Sendable {
    private let rounds: InstrumentFamily<Counter>
    private let failures: InstrumentFamily<Counter>
    private let oldest: InstrumentFamily<Gauge>

    /// Registers the figures.
    package init(_ metrics: Metrics) {
        rounds = metrics.counters(
            "log_baseline_rounds_total", "Rounds of baselines that were published as a whole.", labels: ["model"])
        failures = metrics.counters(
            "log_baseline_failures_total", "Rounds of baselines that were given up, to be begun anew.",
            labels: ["model"])
        oldest = metrics.gauges(
            "log_baseline_oldest_timestamp_seconds",
            "When the partition whose last round is oldest had it; 0 where one has none.", labels: ["model"])
    }

    func published(_ model: String) { rounds.with(model).increment() }

    func failed(_ model: String) { failures.with(model).increment() }

    /// Takes in when every partition had its last round.
    func note(_ model: String, _ standings: [BaselineDesk.Standing]) {
        let ended = standings.filter { $0.model == model }.map { $0.endedAt?.seconds ?? 0 }
        oldest.with(model).set(ended.min() ?? 0)
    }
}
