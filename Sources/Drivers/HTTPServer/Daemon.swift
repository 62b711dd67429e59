import CMicroHTTPD
import Dispatch
import Glibc

/// A running libmicrohttpd daemon: started by `init`, ended exactly once by `stop`.
struct Daemon: @unchecked Sendable {  // MHD's functions on a daemon are thread safe
    private let handle: OpaquePointer
    private let core: Unmanaged<ServerCore>
    let port: Int

    /// Header, read buffer and the response's header share a connection's memory.
    private static let connectionMemoryBytesForAnswers = 16_384

    init(_ core: ServerCore) throws(HTTPServerError) {
        let configuration = core.configuration
        let reference = Unmanaged.passRetained(core)  // released by stop, or below when MHD refused
        let started = try Self.withSocketAddress(configuration) { address -> OpaquePointer? in
            var settings = shim_daemon_settings(
                address: address, threads: UInt32(configuration.threads),
                connections_max: UInt32(max(configuration.connectionsMax, configuration.threads)),
                connections_per_address_max: UInt32(configuration.connectionsPerAddressMax),
                idle_timeout_seconds: UInt32(max(1, configuration.idleTimeout.components.seconds)),
                connection_memory_bytes: configuration.headerBytesMax + Self.connectionMemoryBytesForAnswers,
                context: reference.toOpaque(), handle: handleRequest, completed: requestCompleted,
                connection: connectionChanged, target: targetReceived)
            return shim_start_daemon(&settings)
        }
        guard let started else {
            let code = errno
            reference.release()
            throw .cannotListen(configuration.address, port: configuration.port, errno: code)
        }
        handle = started
        self.core = reference
        port = Int(shim_port(started))
    }

    /// Stops accepting; the socket must stay open until the daemon has stopped (`MHD_quiesce_daemon`).
    func quiesce() -> Int32 { MHD_quiesce_daemon(handle) }

    /// Ends MHD's threads and closes what is left (`MHD_stop_daemon`, which blocks and so runs on a queue of its own).
    func stop(closing socket: Int32) async {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "http.stop").async {
                MHD_stop_daemon(handle)
                if socket >= 0 { close(socket) }
                core.release()  // no callback can come any more
                continuation.resume()
            }
        }
    }

    private static func withSocketAddress<T>(
        _ configuration: HTTPServer.Configuration, _ body: (UnsafePointer<sockaddr>) -> T
    ) throws(HTTPServerError) -> T {
        guard let port = UInt16(exactly: configuration.port) else {
            throw .invalidAddress(configuration.address, port: configuration.port)
        }
        var v4 = sockaddr_in()
        if inet_pton(AF_INET, configuration.address, &v4.sin_addr) == 1 {
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            return withUnsafePointer(to: &v4) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
        }
        var v6 = sockaddr_in6()
        guard inet_pton(AF_INET6, configuration.address, &v6.sin6_addr) == 1 else {
            throw .invalidAddress(configuration.address, port: configuration.port)
        }
        v6.sin6_family = sa_family_t(AF_INET6)
        v6.sin6_port = port.bigEndian
        return withUnsafePointer(to: &v6) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
    }
}
