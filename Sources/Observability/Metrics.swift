import Synchronization

/// All figures that a process shows to Prometheus.
///
/// Made once at the composition root and passed on. An instrument is asked for once and kept by whoever uses it;
/// counting is then an atomic addition or a short lock, without a look-up or a string.
///
/// Label values come from closed sets (route templates, outcome codes, topic names), never ids: each value is a time
/// series that is kept until somebody removes it. Beyond `seriesMax` of one family, values are counted together as
/// `other`.
package final class Metrics: Sendable {
    /// Most series that a family can have.
    package static let seriesMax = 512

    private let families = Mutex<[any Family]>([])

    /// An empty registry.
    package init() {}

    /// A figure that only grows; by convention its name ends in `_total`.
    package func counter(_ name: StaticString, _ help: StaticString) -> Counter {
        counters(name, help, labels: []).with()
    }

    /// A figure that only grows, one for each combination of label values.
    package func counters(
        _ name: StaticString, _ help: StaticString, labels: [StaticString]
    ) -> InstrumentFamily<Counter> {
        register(InstrumentFamily(Descriptor(name, help, .counter, labels)) { Counter() })
    }

    /// A figure that goes up and down.
    package func gauge(_ name: StaticString, _ help: StaticString) -> Gauge {
        gauges(name, help, labels: []).with()
    }

    /// A figure that goes up and down, one for each combination of label values.
    package func gauges(
        _ name: StaticString, _ help: StaticString, labels: [StaticString]
    ) -> InstrumentFamily<Gauge> {
        register(InstrumentFamily(Descriptor(name, help, .gauge, labels)) { Gauge() })
    }

    /// A figure that is only taken when someone looks; `read` must not block.
    package func gauge(_ name: StaticString, _ help: StaticString, reading read: @escaping @Sendable () -> Double) {
        register(ReadFigure(descriptor: Descriptor(name, help, .gauge, []), read: read))
    }

    /// A figure that only grows and is kept elsewhere, taken when someone looks; `read` must not block.
    package func counter(_ name: StaticString, _ help: StaticString, reading read: @escaping @Sendable () -> Double) {
        register(ReadFigure(descriptor: Descriptor(name, help, .counter, []), read: read))
    }

    /// The distribution of a figure; durations are in seconds, and the name says so.
    ///
    /// - Parameters:
    ///   - name: Of the figure, such as `http_request_duration_seconds`.
    ///   - help: One line for whoever reads the figures.
    ///   - buckets: Upper bounds in ascending order, without infinity.
    /// - Returns: The instrument to keep.
    package func histogram(
        _ name: StaticString, _ help: StaticString, buckets: [Double] = Histogram.latencyBuckets
    ) -> Histogram {
        histograms(name, help, labels: [], buckets: buckets).with()
    }

    /// The distribution of a figure, one for each combination of label values; see `histogram`.
    package func histograms(
        _ name: StaticString, _ help: StaticString, labels: [StaticString],
        buckets: [Double] = Histogram.latencyBuckets
    ) -> InstrumentFamily<Histogram> {
        register(InstrumentFamily(Descriptor(name, help, .histogram, labels)) { Histogram(buckets: buckets) })
    }

    /// All figures in the Prometheus text format 0.0.4, families in the order of their names.
    package func render() -> [UInt8] {
        var text = PrometheusText()
        for family in families.withLock({ $0 }).sorted(by: { $0.descriptor.name < $1.descriptor.name }) {
            text.header(family.descriptor)
            family.render(into: &text)
        }
        return text.bytes
    }

    @discardableResult
    private func register<F: Family>(_ family: F) -> F {
        families.withLock { families in
            precondition(
                !families.contains { $0.descriptor.name == family.descriptor.name },
                "a metric has one place where it is made")
            families.append(family)
        }
        return family
    }
}

/// All series of one name.
protocol Family: Sendable {
    var descriptor: Descriptor { get }
    func render(into text: inout PrometheusText)
}

/// What a family tells about itself.
struct Descriptor: Sendable {
    enum Kind: String { case counter, gauge, histogram }

    let name: String
    let help: String
    let kind: Kind
    let labels: [String]

    init(_ name: StaticString, _ help: StaticString, _ kind: Kind, _ labels: [StaticString]) {
        self.name = "\(name)"
        self.help = "\(help)"
        self.kind = kind
        self.labels = labels.map { "\($0)" }
    }
}

/// A figure that is kept elsewhere.
private struct ReadFigure: Family {
    let descriptor: Descriptor
    let read: @Sendable () -> Double

    func render(into text: inout PrometheusText) { text.sample(descriptor.name, [], read()) }
}
