import Gateway
import HTTPServer
import JSON
import Observability
import Testing

/// The routes of the operations port.
@Suite struct OperationsTests {
    struct Probe: ReadinessProbe {
        let states: [DependencyState]
        func dependencies() async -> [DependencyState] { states }
    }

    private static func send(
        _ method: String, _ path: String, _ states: [DependencyState] = []
    ) async -> Answer? {
        let metrics = Metrics()
        metrics.counter("things_total", "Things.").increment()
        let operations = OperationsRoutes(probe: Probe(states: states), metrics: metrics)
        return await operations.handle(HTTPRequest(method: method, path: path)).map(Answer.init)
    }

    @Test func healthzSaysThatTheProcessLives() async throws {
        let answer = try #require(await Self.send("GET", "/healthz"))
        #expect(answer.status == 200 && answer.text == "ok\n")
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let states: [DependencyState]
        let status: Int
    }

    static let rows: [Row] = [
        Row(
            testDescription: "all is well", states: [DependencyState(name: "booking-database", isReady: true)],
            status: 200),
        Row(
            testDescription: "something required is down",
            states: [
                DependencyState(name: "booking-database", isReady: false, detail: "refused"),
                DependencyState(name: "redis", isReady: true),
            ], status: 503),
        Row(
            testDescription: "something that can be missed is down",
            states: [DependencyState(name: "redis", isReady: false, isRequired: false, detail: "refused")],
            status: 200),
    ]

    @Test(arguments: rows)
    func readyzNamesEveryDependency(_ row: Row) async throws {
        let answer = try #require(await Self.send("GET", "/readyz", row.states))
        #expect(answer.status == row.status)
        #expect(answer.json["ready"]?.boolValue == (row.status == 200))
        let listed = answer.json["dependencies"]?.arrayValue ?? []
        #expect(listed.map { $0["name"]?.stringValue } == row.states.map(\.name))
        #expect(listed.map { $0["ready"]?.boolValue } == row.states.map(\.isReady))
        #expect(listed.map { $0["detail"]?.stringValue } == row.states.map(\.detail))
    }

    @Test func metricsAreShownToPrometheus() async throws {
        let answer = try #require(await Self.send("GET", "/metrics"))
        #expect(answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(answer.text.contains("things_total 1"))
    }

    @Test func otherPathsAndMethods() async throws {
        #expect(await Self.send("GET", "/internal/x") == nil)
        #expect(await Self.send("POST", "/healthz")?.status == 405)
        #expect(await Self.send("HEAD", "/healthz")?.status == 200)
    }
}
