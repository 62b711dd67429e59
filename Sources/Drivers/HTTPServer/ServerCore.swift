import Glibc
import Synchronization

/// What the callbacks share: settings, the handler, and who is connected.
final class ServerCore: Sendable {
    let configuration: HTTPServer.Configuration
    let handler: HTTPServer.Handler
    private let connections = Mutex<[ObjectIdentifier: ClientConnection]>([:])
    private let draining = Atomic(false)
    private let stopping = Atomic(false)

    static let pollInterval = Duration.milliseconds(5)
    /// How long forced answers may take to leave before the daemon is stopped anyway.
    private static let forcedGrace = Duration.seconds(1)

    init(_ configuration: HTTPServer.Configuration, _ handler: @escaping HTTPServer.Handler) {
        self.configuration = configuration
        self.handler = handler
    }

    /// True once `stop` was called: every answer from now on closes its connection.
    var isDraining: Bool { draining.load(ordering: .relaxed) }
    /// True once the time for draining is over: nothing new is started.
    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    func add(_ connection: ClientConnection) {
        connections.withLock { $0[ObjectIdentifier(connection)] = connection }
    }

    func remove(_ connection: ClientConnection) {
        _ = connections.withLock { $0.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    private var connected: [ClientConnection] { connections.withLock { Array($0.values) } }

    /// Ends what takes longer than it may, several times within the shortest time limit.
    func sweepUntilCancelled() async {
        let interval = min(.seconds(1), configuration.requestTimeout / 4)
        while (try? await Task.sleep(for: interval)) != nil {
            let now = ContinuousClock.now
            for connection in connected { connection.enforceLimits(now: now) }
        }
    }

    /// Drains within `limit`, then forces an end, then stops the daemon.
    func stop(_ daemon: Daemon, within limit: Duration) async {
        let socket = daemon.quiesce()
        draining.store(true, ordering: .sequentiallyConsistent)
        await poll(until: .now + limit) { $0.closeIfIdle() }
        stopping.store(true, ordering: .sequentiallyConsistent)
        await poll(until: .now + Self.forcedGrace) { $0.forceEnd() }
        for connection in connected { connection.forceEnd() }  // MHD must not meet a suspended one
        await daemon.stop(closing: socket)
    }

    /// Applies `step` to every connection again and again until none is left or the time is over.
    private func poll(until deadline: ContinuousClock.Instant, _ step: (ClientConnection) -> Void) async {
        repeat {
            let connected = self.connected
            if connected.isEmpty { return }
            for connection in connected { step(connection) }
            try? await Task.sleep(for: Self.pollInterval)
        } while ContinuousClock.now < deadline && !Task.isCancelled
    }
}
