import Dispatch
import Glibc
import Postgres
import Synchronization

/// A TCP port in front of the real server's Unix socket, whose connections a test can cut: the network in between.
final class TCPRelay: Sendable {
    let port: UInt16
    private let listening: Int32
    private let open = Mutex<[Int32]>([])

    struct Failure: Error {
        let call: String
        let code = errno
    }

    /// Serves on a free port of 127.0.0.1 until `close`.
    init(toUnixSocket path: String) throws {
        let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listening, generic, length) == 0 && getsockname(listening, generic, &length) == 0
            }
        }
        guard bound, listen(listening, 64) == 0 else { throw Failure(call: "listen") }
        self.listening = listening
        port = UInt16(bigEndian: address.sin_port)
        Self.thread { [weak self] in
            while true {
                let client = accept(listening, nil, nil)
                guard client >= 0 else { return }
                guard let self, let server = Self.connect(path) else {
                    Glibc.close(client)
                    continue
                }
                self.open.withLock { $0 += [client, server] }
                Self.thread { [self] in copy(from: client, to: server) }
                Self.thread { [self] in copy(from: server, to: client) }
            }
        }
    }

    /// A URI of the test's server by way of the relay.
    static func start() async throws -> (relay: TCPRelay, url: String) {
        let session = PGSession(url: try TestDatabase.serverURL(), label: "relay")
        let place = try await session.query(
            """
            SELECT split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_user
            """
        )
        await session.close()
        let relay = try TCPRelay(toUnixSocket: "\(place.text(0, 0))/.s.PGSQL.\(place.text(0, 1))")
        return (relay, "postgresql://\(place.bytes(0, 2).text)@127.0.0.1:\(relay.port)/postgres")
    }

    /// Cuts all connections; new ones work.
    func cut() {
        open.withLock { descriptors in
            for descriptor in descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Cuts all connections and refuses new ones.
    func close() {
        shutdown(listening, Int32(SHUT_RDWR))
        cut()
    }

    /// Only now: before, a thread may still hold a number, which the system would give to somebody else.
    deinit {
        for descriptor in open.withLock({ $0 }) + [listening] { Glibc.close(descriptor) }
    }

    private static func thread(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "relay").async(execute: body)
    }

    private static func connect(_ path: String) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return connected == 0 ? descriptor : nil
    }

    private func copy(from source: Int32, to target: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0, send(target, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(target, Int32(SHUT_RDWR))
    }
}

extension [UInt8] {
    fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
