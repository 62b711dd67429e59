package import HTTPServer
import JSON
package import Observability

/// Says how the parts are that a process stands on.
package protocol ReadinessProbe: Sendable {
    /// Every dependency with its state; answers within a second or so, also where a dependency hangs.
    func dependencies() async -> [DependencyState]
}

/// How one dependency is.
package struct DependencyState: Sendable, Hashable {
    /// As in problems: `booking-database`, `redis`.
    package let name: String
    package let isReady: Bool
    /// Whether the process can do nothing useful without it, so that no requests should come.
    package let isRequired: Bool
    /// Why it is not ready; for operators, without secrets.
    package let detail: String?

    /// The state of a dependency.
    package init(name: String, isReady: Bool, isRequired: Bool = true, detail: String? = nil) {
        self.name = name
        self.isReady = isReady
        self.isRequired = isRequired
        self.detail = detail
    }
}

/// The routes of the operations port, which is never reachable from outside: `/healthz`, `/readyz`, `/metrics`.
package struct OperationsRoutes: Sendable {
    private let probe: any ReadinessProbe
    private let metrics: Metrics

    /// - Parameters:
    ///   - probe: Asked by `/readyz`.
    ///   - metrics: Shown by `/metrics`.
    package init(probe: any ReadinessProbe, metrics: Metrics) {
        self.probe = probe
        self.metrics = metrics
    }

    /// Answers one request; nil where the path is none of these, so that the process can add routes of its own.
    package func handle(_ request: HTTPRequest) async -> HTTPResponse? {
        guard ["/healthz", "/readyz", "/metrics"].contains(request.path) else { return nil }
        guard request.method == "GET" || request.method == "HEAD" else {
            return HTTPResponse(status: 405, headers: [HTTPField("Allow", "GET, HEAD")])
        }
        switch request.path {
        case "/healthz": return text(200, "text/plain; charset=utf-8", Array("ok\n".utf8))
        case "/readyz": return await readiness()
        default: return text(200, "text/plain; version=0.0.4; charset=utf-8", metrics.render())
        }
    }

    /// 200 where everything required is ready, else 503; the body says each dependency's state either way.
    private func readiness() async -> HTTPResponse {
        let states = await probe.dependencies()
        let isReady = states.allSatisfy { $0.isReady || !$0.isRequired }
        var json = JSONWriter()
        json.beginObject()
        json.key("ready")
        json.bool(isReady)
        json.key("dependencies")
        json.beginArray()
        for state in states {
            json.beginObject()
            json.key("name")
            json.string(state.name)
            json.key("ready")
            json.bool(state.isReady)
            json.key("required")
            json.bool(state.isRequired)
            json.key("detail")
            json.string(orNull: state.detail)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return text(isReady ? 200 : 503, MediaType.json, json.bytes)
    }

    private func text(_ status: Int, _ type: String, _ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: [HTTPField("Content-Type", type), HTTPField("Cache-Control", "no-store")],
            body: .bytes(body))
    }
}
