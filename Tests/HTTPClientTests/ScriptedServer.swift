import Foundation
import Glibc
import Synchronization

/// A listener that answers with exactly the bytes that a test wants, also those that no HTTP server would send.
final class ScriptedServer: Sendable {
    enum Reply: Sendable {
        case text(String)
        case bytes([UInt8])
        /// The connection stays open and nothing comes.
        case silence
        /// The bytes, then the connection is closed.
        case thenHangUp(String)
    }

    let port: UInt16
    private let listener: CInt
    private let script: @Sendable (String) -> Reply
    private let counts = Mutex((connections: 0, requests: 0))

    /// Listens on a free port of 127.0.0.1.
    ///
    /// - Parameter script: Gets each request whole, as text.
    /// - Throws: When no port is free.
    init(_ script: @escaping @Sendable (String) -> Reply) throws {
        self.script = script
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) | listen(listener, 128) | getsockname(listener, address, &length)
            }
        }
        guard status == 0 else { throw POSIXError(.EADDRINUSE) }
        port = UInt16(bigEndian: address.sin_port)
        let thread = Thread { [weak self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                guard let server = self else { break }
                server.counts.withLock { $0.connections += 1 }
                Thread { server.serve(connection) }.start()
            }
        }
        thread.start()
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var connectionCount: Int { counts.withLock { $0.connections } }
    var requestCount: Int { counts.withLock { $0.requests } }

    func stop() {
        shutdown(listener, CInt(SHUT_RDWR))
        close(listener)
    }

    private func serve(_ connection: CInt) {
        defer { close(connection) }
        var received: [UInt8] = []
        while let request = nextRequest(connection, &received) {
            counts.withLock { $0.requests += 1 }
            switch script(request) {
            case .text(let text): write(Array(text.utf8), to: connection)
            case .bytes(let bytes): write(bytes, to: connection)
            case .thenHangUp(let text):
                write(Array(text.utf8), to: connection)
                return
            case .silence: break
            }
        }
    }

    private func write(_ bytes: [UInt8], to connection: CInt) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private func nextRequest(_ connection: CInt, _ received: inout [UInt8]) -> String? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let text = String(decoding: received, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = text[..<end.lowerBound].lowercased()
                let length =
                    head.components(separatedBy: "content-length: ").dropFirst().first
                    .flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
                let total = text[..<end.upperBound].utf8.count + length
                if received.count >= total {
                    defer { received.removeFirst(total) }
                    return String(decoding: received[..<total], as: UTF8.self)
                }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            received.append(contentsOf: buffer[..<count])
        }
    }
}
