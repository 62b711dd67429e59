import Dispatch
import Observability
import Testing

@Suite("Metrics")
struct MetricsTests {
    private func rendered(_ metrics: Metrics) -> String { String(decoding: metrics.render(), as: UTF8.self) }

    @Test func `families are sorted, described and escaped`() {
        let metrics = Metrics()
        let requests = metrics.counters(
            "requests_total", "Requests, \"all\" of\nthem \\.", labels: ["route", "status"])
        requests.with("/b", "200").increment(by: 2)
        requests.with("/a\"\\\n", "200").increment()
        metrics.gauge("lag", "Events behind.").set(-1.5)
        #expect(
            rendered(metrics) == #"""
                # HELP lag Events behind.
                # TYPE lag gauge
                lag -1.5
                # HELP requests_total Requests, "all" of\nthem \\.
                # TYPE requests_total counter
                requests_total{route="/a\"\\\n",status="200"} 1
                requests_total{route="/b",status="200"} 2

                """#)
    }

    @Test func `a series that is removed is gone, and comes back when it is asked for`() {
        let metrics = Metrics()
        let open = metrics.gauges("open_since", "Since when.", labels: ["user"])
        open.with("a").set(1)
        open.with("b").set(2)
        open.remove("a")
        open.remove("nobody")
        #expect(rendered(metrics).split(separator: "\n").dropFirst(2) == [#"open_since{user="b"} 2"#])
        open.with("a").set(3)
        #expect(rendered(metrics).contains(#"open_since{user="a"} 3"#))
    }

    @Test func `a histogram counts into every bucket above`() {
        let metrics = Metrics()
        let histogram = metrics.histograms("wait_seconds", "Waiting.", labels: ["kind"], buckets: [0.1, 1]).with("x")
        histogram.observe(.milliseconds(100))
        histogram.observe(0.5)
        histogram.observe(7)
        #expect(histogram.count == 3)
        #expect(
            rendered(metrics) == """
                # HELP wait_seconds Waiting.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{kind="x",le="0.1"} 1
                wait_seconds_bucket{kind="x",le="1"} 2
                wait_seconds_bucket{kind="x",le="+Inf"} 3
                wait_seconds_sum{kind="x"} 7.6
                wait_seconds_count{kind="x"} 3

                """)
    }

    @Test func `nothing is lost when many count at once`() {
        let metrics = Metrics()
        let counter = metrics.counter("events_total", "Events.")
        let gauge = metrics.gauge("level", "Level.")
        let histogram = metrics.histogram("size", "Sizes.", buckets: [1])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<10_000 {
                counter.increment()
                gauge.add(1)
                histogram.observe(1)
            }
        }
        #expect(counter.count == 80_000)
        #expect(gauge.value == 80_000)
        #expect(histogram.count == 80_000)
    }

    @Test func `one label value gives one series`() {
        let family = Metrics().counters("a_total", "A.", labels: ["x"])
        family.with("1").increment()
        family.with("1").increment()
        #expect(family.with("1").count == 2)
        #expect(family.with("2").count == 0)
    }

    @Test func `too many label values are counted together`() {
        let metrics = Metrics()
        let family = metrics.counters("a_total", "A.", labels: ["x"])
        for number in 0..<(Metrics.seriesMax + 100) { family.with("\(number)").increment() }
        #expect(family.with("other").count == 100)
        #expect(rendered(metrics).split(separator: "\n").count == Metrics.seriesMax + 1 + 2)
    }

    @Test func `a figure that is kept elsewhere is read when someone looks`() {
        let metrics = Metrics()
        metrics.gauge("threads", "Threads.") { .infinity }
        metrics.counter("ticks_total", "Ticks.") { .nan }
        #expect(rendered(metrics).contains("\nthreads +Inf\n"))
        #expect(rendered(metrics).hasSuffix("# TYPE ticks_total counter\nticks_total NaN\n"))
    }

    @Test func `the process tells about itself`() throws {
        let metrics = Metrics()
        metrics.registerProcess(startedAt: 1_700_000_000_500_000)
        let text = rendered(metrics)
        #expect(text.contains("\nprocess_start_time_seconds 1700000000.5\n"))
        for (name, least) in [
            ("process_resident_memory_bytes", 1e6), ("process_open_fds", 3), ("process_cpu_seconds_total", 0),
        ] {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(name) ") })
            #expect(try #require(Double(line.dropFirst(name.count + 1))) >= least)
        }
    }
}
