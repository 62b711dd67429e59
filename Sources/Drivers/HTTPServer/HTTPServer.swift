import Synchronization

/// An HTTP/1.1 server over libmicrohttpd: a task a request, and the client's connection sleeps while that one waits.
///
/// Keep-alive, pipelining and streamed answers work; every limit of `Configuration` holds against hostile clients.
package final class HTTPServer: Sendable {
    /// Answers one request; it is cancelled when its time is over, and its answer is then dropped.
    ///
    /// It begins on one of the server's own threads and leaves it at its first real wait, so it must never block.
    package typealias Handler = @Sendable (HTTPRequest) async -> HTTPResponse

    /// The limits and the address of a server.
    package struct Configuration: Sendable {
        /// An IPv4 or IPv6 address in text; `0.0.0.0` and `::` listen everywhere.
        package var address = "127.0.0.1"
        /// 0 lets the system choose; see `HTTPServer.port`.
        package var port = 0
        /// Threads that move bytes and begin handlers, at least 1; more than processors are of no use.
        package var threads = 2
        /// Longest body that a handler gets; above, `isBodyTooLarge` is set.
        package var bodyBytesMax = 65_536
        /// A body over the maximum is read and thrown away up to here, so that the connection lives on; longer ones are
        /// answered at once and the connection is closed.
        package var bodyBytesDiscardedMax = 1_048_576
        /// Request line and headers together; above, 431.
        package var headerBytesMax = 16_384
        /// Connections at once; more wait in the system's queue.
        package var connectionsMax = 4_096
        /// Connections at once from one address; 0 means no limit.
        package var connectionsPerAddressMax = 0
        /// How long a connection may be silent, whole seconds, at least one.
        package var idleTimeout = Duration.seconds(60)
        /// How long a request may take to arrive, and again how long its handler may take (then 503).
        package var requestTimeout = Duration.seconds(30)
        /// What is answered where no handler is asked.
        package var refuse: @Sendable (HTTPRefusal) -> HTTPResponse = { HTTPResponse(status: $0.status) }

        /// The defaults as they stand above.
        package init() {}
    }

    /// The port on which the server listens.
    package let port: Int
    private let core: ServerCore
    private let daemon: Mutex<Daemon?>
    private let isStopped = Atomic(false)
    private let sweeper: Task<Void, Never>

    /// Starts to listen; requests may arrive before this returns.
    ///
    /// - Throws: `HTTPServerError` if the address is no address, or cannot be listened on.
    package init(_ configuration: Configuration, handler: @escaping Handler) throws {
        let core = ServerCore(configuration, handler)
        let daemon = try Daemon(core)
        port = daemon.port
        self.core = core
        self.daemon = Mutex(daemon)
        sweeper = Task { await core.sweepUntilCancelled() }
    }

    deinit {
        sweeper.cancel()
        guard let daemon = daemon.withLock({ $0.take() }) else { return }
        let core = core
        Task { await core.stop(daemon, within: .zero) }
    }

    /// Stops accepting, lets running requests finish, closes idle connections, and returns when all are closed.
    ///
    /// What still runs after `limit` is answered with 503, and streams are cut off. A second call waits for the first.
    package func drain(within limit: Duration) async {
        if let daemon = daemon.withLock({ $0.take() }) {
            await core.stop(daemon, within: limit)
            sweeper.cancel()
            isStopped.store(true, ordering: .releasing)
        }
        while !isStopped.load(ordering: .acquiring), !Task.isCancelled {
            try? await Task.sleep(for: ServerCore.pollInterval)
        }
    }
}

/// Why a request is answered without asking the handler.
package enum HTTPRefusal: Equatable, Sendable {
    /// Its framing could be read in two ways (request smuggling).
    case malformed
    /// Request line and headers are too long.
    case headerTooLarge
    /// The handler took longer than `requestTimeout`.
    case timedOut
    /// The server stops before the handler is done.
    case stopping
    /// The handler's response holds a field that must not be sent.
    case invalidResponse

    /// The status code that fits.
    package var status: Int {
        switch self {
        case .malformed: 400
        case .headerTooLarge: 431
        case .timedOut, .stopping: 503
        case .invalidResponse: 500
        }
    }
}

/// Why a server could not be started.
package enum HTTPServerError: Error, Equatable, Sendable {
    /// Not an IPv4 or IPv6 address in text, or no port.
    case invalidAddress(String, port: Int)
    /// The system refused; the number is errno's, `EADDRINUSE` most of the time.
    case cannotListen(String, port: Int, errno: Int32)
}
