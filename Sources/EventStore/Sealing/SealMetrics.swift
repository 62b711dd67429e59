package import Observability

/// The sealers' figures; one instance a process, shared by the sealers of all its databases.
package struct SealMetrics: Sendable {
    let lag: InstrumentFamily<Gauge>
    let broken: InstrumentFamily<Gauge>
    let headless: InstrumentFamily<Gauge>
    let lastHead: InstrumentFamily<Gauge>
    let sealed: InstrumentFamily<Counter>
    let errors: InstrumentFamily<Counter>

    /// Registers the figures.
    package init(_ metrics: Metrics) {
        lag = metrics.gauges(
            "history_seal_lag_events", "Events of this process's shards that have a position and no signed head yet.",
            labels: ["database"])
        broken = metrics.gauges(
            "history_seal_broken", "1 once a shard's history was found altered: it is not sealed any more.",
            labels: ["database"])
        headless = metrics.gauges(
            "history_heads_missing",
            "Shards that were sealed before and whose heads were not in the log, at this process's start or later.",
            labels: ["database"])
        lastHead = metrics.gauges(
            "history_last_head_timestamp_seconds", "When this process last added a signed head, seconds since 1970.",
            labels: ["database"])
        sealed = metrics.counters(
            "history_sealed_events_total", "Events that were hashed into a tree.", labels: ["database"])
        errors = metrics.counters(
            "history_seal_errors_total", "Rounds of sealing that failed and are done again.",
            labels: ["database", "dependency"])
    }
}
