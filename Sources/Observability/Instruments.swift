import Synchronization

/// Something that counts and can be shown.
package protocol Instrument: Sendable {
    /// Adds the samples to the text, under the name and labels of its series.
    func render(_ series: MetricSeries)
}

/// The place in the text where an instrument writes its samples.
package final class MetricSeries {
    let name: String
    let labels: [(name: String, value: String)]
    var text = PrometheusText()

    init(name: String, labels: [(name: String, value: String)]) {
        self.name = name
        self.labels = labels
    }
}

/// A figure that only grows.
package final class Counter: Instrument {
    private let value = Atomic<UInt64>(0)

    /// Adds `amount`.
    package func increment(by amount: Int = 1) {
        precondition(amount >= 0, "a counter only grows")
        value.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    /// What has been counted so far.
    package var count: UInt64 { value.load(ordering: .relaxed) }

    /// Adds one sample.
    package func render(_ series: MetricSeries) { series.text.sample(series.name, series.labels, Double(count)) }
}

/// A figure that goes up and down.
package final class Gauge: Instrument {
    private let bits = Atomic<UInt64>(0)

    /// Replaces the figure.
    package func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    /// Replaces the figure.
    package func set(_ value: some BinaryInteger) { set(Double(value)) }

    /// Adds to the figure; a negative amount takes away.
    package func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }

    /// The figure as it is.
    package var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    /// Adds one sample.
    package func render(_ series: MetricSeries) { series.text.sample(series.name, series.labels, value) }
}

/// The distribution of a figure over fixed buckets.
package final class Histogram: Instrument {
    /// Seconds: from half a millisecond to ten seconds.
    package static let latencyBuckets = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private struct State {
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(buckets: [Double]) {
        precondition(zip(buckets, buckets.dropFirst()).allSatisfy(<), "buckets ascend")
        bounds = buckets
        state = Mutex(State(counts: [UInt64](repeating: 0, count: buckets.count + 1)))
    }

    /// Counts one figure.
    package func observe(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    /// Counts one duration, in seconds.
    package func observe(_ duration: Duration) { observe(duration / .seconds(1)) }

    /// How many figures were counted.
    package var count: UInt64 { state.withLock { $0.counts.reduce(0, +) } }

    /// Adds a sample a bucket, then the sum and the count.
    package func render(_ series: MetricSeries) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var total: UInt64 = 0
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < bounds.count ? PrometheusText.number(bounds[index]) : "+Inf"
            series.text.sample("\(series.name)_bucket", series.labels + [("le", bound)], Double(total))
        }
        series.text.sample("\(series.name)_sum", series.labels, sum)
        series.text.sample("\(series.name)_count", series.labels, Double(total))
    }
}

/// The series of one name, one for each combination of label values.
package final class InstrumentFamily<Kind: Instrument>: Family {
    let descriptor: Descriptor
    private let make: @Sendable () -> Kind
    private let series = Mutex<[[String]: Kind]>([:])

    init(_ descriptor: Descriptor, _ make: @escaping @Sendable () -> Kind) {
        self.descriptor = descriptor
        self.make = make
    }

    /// The series of these label values, in the order of the labels.
    ///
    /// It is made when first asked for; hot paths ask once and keep it.
    package func with(_ values: String...) -> Kind {
        precondition(values.count == descriptor.labels.count, "one value a label")
        return series.withLock { series in
            if let known = series[values] { return known }
            let isFull = series.count >= Metrics.seriesMax
            let key = isFull ? values.map { _ in "other" } : values
            if let known = series[key] { return known }
            let made = make()
            series[key] = made
            return made
        }
    }

    /// Takes the series of these label values out of the text: what it spoke of is over.
    ///
    /// Whoever kept its instrument goes on with one that nobody sees; `with` makes a new one.
    package func remove(_ values: String...) {
        precondition(values.count == descriptor.labels.count, "one value a label")
        series.withLock { series in series[values] = nil }
    }

    func render(into text: inout PrometheusText) {
        let all = series.withLock { Array($0) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        for (values, instrument) in all {
            let place = MetricSeries(
                name: descriptor.name, labels: zip(descriptor.labels, values).map { (name: $0, value: $1) })
            instrument.render(place)
            text.append(place.text)
        }
    }
}
