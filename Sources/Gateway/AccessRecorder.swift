import HTTPServer
import Observability

/// Counts and logs requests by route template; never by path, because paths hold ids.
struct AccessRecorder: Sendable {
    /// The series of one route, kept so that counting needs no look-up.
    private struct Series: Sendable {
        let template: String
        let method: String
        /// By the first digit of the status, 2 first.
        let byClass: [Counter]
        let duration: Histogram

        func counter(_ status: Int) -> Counter { byClass[min(max(status / 100, 2), 5) - 2] }
    }

    private let routes: [Series]
    private let others: Series
    private let problems: [ProblemKind: Counter]
    private let log: Log

    init(_ routes: [Route], _ log: Log, _ metrics: Metrics) {
        let requests = metrics.counters(
            "http_requests_total", "Requests by route, method and class of status.",
            labels: ["route", "method", "status"])
        let durations = metrics.histograms(
            "http_request_duration_seconds", "Time from the whole request to its answer.", labels: ["route", "method"])
        func series(_ template: String, _ method: String) -> Series {
            Series(
                template: template, method: method,
                byClass: ["2xx", "3xx", "4xx", "5xx"].map { requests.with(template, method, $0) },
                duration: durations.with(template, method))
        }
        self.routes = routes.map { series($0.template, $0.method.rawValue) }
        others = series("none", "any")
        let kinds = metrics.counters(
            "http_problems_total", "Requests that were refused before or beside the domain, by kind.",
            labels: ["problem"])
        problems = Dictionary(uniqueKeysWithValues: ProblemKind.allCases.map { ($0, kinds.with($0.rawValue)) })
        self.log = log
    }

    /// Counts a refusal.
    func record(_ problem: ProblemKind) { problems[problem]?.increment() }

    /// Counts and logs one request; `route` is its place in the table, nil where no route was meant.
    func record(_ request: HTTPRequest, route: Int?, status: Int, _ duration: Duration) {
        let series = route.map { routes[$0] } ?? others
        series.counter(status).increment()
        series.duration.observe(duration)
        let level = level(status, isRead: series.method == Route.Method.get.rawValue)
        guard log.isEnabled(level) else { return }
        log.write(
            level, "request",
            [
                .route: .code(series.template), .method: .code(series.method), .status: .count(status),
                .duration: .duration(duration),
            ])
    }

    /// Successful reads are the bulk of the traffic and say little.
    private func level(_ status: Int, isRead: Bool) -> LogLevel {
        if status >= 500 { return .warning }
        return status < 400 && isRead ? .debug : .info
    }
}
