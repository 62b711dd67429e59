import Configuration
import Gateway
import HTTPServer
import JOSE
import Observability

/// `appointments serve --roles …`: runs the roles until it is told to stop, then drains.
struct Serve {
    private let roles: Set<ServiceRole>

    /// How long requests that are under way may take once the process is told to stop.
    private static let drainPatience = Duration.seconds(10)

    init(_ arguments: inout ArraySlice<String>) throws(UsageError) {
        guard let text = try arguments.option("--roles") else {
            throw UsageError("serve needs --roles all, or some of them with commas between")
        }
        roles = try ServiceRole.parse(text)
        try arguments.finish()
    }

    func run(_ environment: [String: String]) async throws -> ExitCode {
        let stop = StopSignals()
        let settings = try Settings.read(environment)
        let process = try ProcessContext(settings)
        let system = try System(settings, roles, process)
        await system.start()
        let servers = try Servers(settings, system, process)
        process.log.info(
            "serving",
            [.roles: .setting(roles.map(\.rawValue).sorted().joined(separator: ",")), .port: .count(servers.port)])
        let signal = await stop.first()
        process.log.info("draining", [.signal: .count(signal)])
        await servers.drain(within: Self.drainPatience)
        await system.stop()
        process.log.info("stopped")
        return .success
    }
}

/// The two ports of a process: the public API, and operations with the routes between roles.
private struct Servers {
    private let api: HTTPServer
    private let operations: HTTPServer

    var port: Int { api.port }

    init(_ settings: Settings, _ system: System, _ process: ProcessContext) throws {
        let gateway = system.gateway
        let operationsRoutes = OperationsRoutes(probe: system.readiness, metrics: process.metrics)
        let internalRoutes = system.internalRoutes
        var configuration = HTTPServer.Configuration()
        configuration.address = settings.listenAddress
        configuration.port = settings.port
        configuration.refuse = { gateway.refuse($0) }
        do {
            api = try HTTPServer(configuration) { await gateway.handle($0) }
        } catch {
            throw SettingsError(lines: ["PORT: cannot listen on port \(settings.port): \(error)"])
        }
        var inner = HTTPServer.Configuration()
        inner.address = settings.listenAddress
        inner.port = settings.operationsPort
        inner.bodyBytesMax = 16 << 20  // a practitioner's whole history may travel between roles
        do {
            operations = try HTTPServer(inner) { request in
                if let answer = await operationsRoutes.handle(request) { return answer }
                if let answer = await internalRoutes.handle(request) { return answer }
                return HTTPResponse(status: 404)
            }
        } catch {
            throw SettingsError(lines: ["OPS_PORT: cannot listen on port \(settings.operationsPort): \(error)"])
        }
    }

    /// The public port first, so that other roles can still be answered meanwhile.
    func drain(within limit: Duration) async {
        await api.drain(within: limit)
        await operations.drain(within: limit)
    }
}
