package import Observability

/// The figures of all runners of a process; made once at the composition root.
package final class ProjectionMetrics: Sendable {
    private let events: InstrumentFamily<Counter>
    private let batches: InstrumentFamily<Counter>
    private let baselines: InstrumentFamily<Counter>
    private let durations: InstrumentFamily<Histogram>
    private let lagEvents: InstrumentFamily<Gauge>
    private let lagSeconds: InstrumentFamily<Gauge>
    private let lastApplied: InstrumentFamily<Gauge>
    private let stopped: InstrumentFamily<Gauge>
    private let quarantined: InstrumentFamily<Gauge>

    /// Registers the figures.
    package init(_ metrics: Metrics) {
        events = metrics.counters(
            "projection_events_total", "Records read by a projection, by what became of them.",
            labels: ["model", "outcome"])
        batches = metrics.counters("projection_batches_total", "Batches applied by a projection.", labels: ["model"])
        baselines = metrics.counters(
            "projection_baselines_total", "Partitions built anew from the event stores.", labels: ["model"])
        durations = metrics.histograms(
            "projection_apply_duration_seconds", "Time that one batch took.", labels: ["model"])
        lagEvents = metrics.gauges(
            "projection_lag_events", "Records in the log that are not in the model yet.",
            labels: ["model", "partition"])
        lagSeconds = metrics.gauges(
            "projection_lag_seconds", "Time since the model had everything that was in the log.",
            labels: ["model", "partition"])
        lastApplied = metrics.gauges(
            "projection_last_applied_timestamp_seconds", "When the newest event in the model happened.",
            labels: ["model", "partition"])
        stopped = metrics.gauges(
            "projection_stopped", "1 where a partition stands still until somebody looks.",
            labels: ["model", "partition"])
        quarantined = metrics.gauges(
            "projection_quarantined", "Practitioners who wait, as an event of theirs could not be taken in.",
            labels: ["model", "partition"])
    }

    /// The figures of one partition of a model.
    func lane(_ model: String, partition: Int) -> Lane {
        Lane(
            applied: events.with(model, "applied"), duplicates: events.with(model, "duplicate"),
            foreign: events.with(model, "foreign"), batches: batches.with(model), baselines: baselines.with(model),
            duration: durations.with(model), lagEvents: lagEvents.with(model, "\(partition)"),
            lagSeconds: lagSeconds.with(model, "\(partition)"), lastApplied: lastApplied.with(model, "\(partition)"),
            stopped: stopped.with(model, "\(partition)"), quarantined: quarantined.with(model, "\(partition)"))
    }

    /// The figures of one partition of a model.
    struct Lane: Sendable {
        let applied: Counter
        let duplicates: Counter
        let foreign: Counter
        let batches: Counter
        let baselines: Counter
        let duration: Histogram
        let lagEvents: Gauge
        let lagSeconds: Gauge
        let lastApplied: Gauge
        let stopped: Gauge
        let quarantined: Gauge
    }
}
