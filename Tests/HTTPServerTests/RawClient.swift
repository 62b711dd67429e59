import Glibc
import Testing

/// A client that says exactly what it is told to, and so also what no decent client would; blocking, with deadlines.
struct RawClient: ~Copyable {
    private let descriptor: Int32
    private var buffered: [UInt8] = []

    /// What came back for one request.
    struct Response {
        var status: Int
        var head: String
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        func header(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2, parts[0].lowercased() == name { return parts[1].trimmingPrefix(" ").description }
            }
            return nil
        }
    }

    enum Failure: Error { case connect(Int32), send(Int32), closed, timeout, notHTTP }

    /// Connects to the loopback address; receiving gives up after ten seconds.
    init(port: Int, receiveBufferBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var bytes = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure.connect(errno) }
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure.send(errno) }
            sent += count
        }
    }

    /// Says that no more will be sent, and goes on listening.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes with a reset instead of a farewell.
    func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// The next response, whole.
    mutating func receive(isHead: Bool = false) throws -> Response {
        let head = try take(through: Array("\r\n\r\n".utf8))
        let text = String(decoding: head, as: UTF8.self)
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count == 3, words[0] == "HTTP/1.1", let status = Int(words[1]) else { throw Failure.notHTTP }
        var response = Response(status: status, head: text, body: [])
        if isHead || status == 204 || status == 304 || status == 100 { return response }
        if response.header("transfer-encoding")?.lowercased() == "chunked" {
            while let chunk = try receiveChunk() { response.body += chunk }
        } else if let count = response.header("content-length").flatMap({ Int($0) }) {
            response.body = try take(count)
        }
        return response
    }

    /// The next piece of a chunked body; nil at its end.
    mutating func receiveChunk() throws -> [UInt8]? {
        let line = String(decoding: try take(through: Array("\r\n".utf8)).dropLast(2), as: UTF8.self)
        guard let count = Int(line, radix: 16) else { throw Failure.notHTTP }
        let chunk = try take(count)
        _ = try take(2)
        return count == 0 ? nil : chunk
    }

    /// The header of a response whose body is read by `receiveChunk`.
    mutating func receiveHead() throws -> String {
        String(decoding: try take(through: Array("\r\n\r\n".utf8)), as: UTF8.self)
    }

    /// True if the server closes and has sent nothing more than what was received before.
    mutating func closesWithoutAnotherByte() throws -> Bool { try waitsForClose() && buffered.isEmpty }

    /// True once the server has closed; what it still sends is dropped.
    mutating func waitsForClose() throws -> Bool {
        while true {
            do { try fill() } catch Failure.closed { return true } catch Failure.timeout { return false }
        }
    }

    private mutating func take(_ count: Int) throws -> [UInt8] {
        while buffered.count < count { try fill() }
        defer { buffered.removeFirst(count) }
        return Array(buffered.prefix(count))
    }

    private mutating func take(through mark: [UInt8]) throws -> [UInt8] {
        while true {
            if let range = buffered.firstRange(of: mark) { return try take(range.upperBound) }
            try fill()
        }
    }

    private mutating func fill() throws {
        var block = [UInt8](repeating: 0, count: 16_384)
        let count = recv(descriptor, &block, block.count, 0)
        if count == 0 || (count < 0 && errno == ECONNRESET) { throw Failure.closed }
        guard count > 0 else { throw Failure.timeout }
        buffered += block.prefix(count)
    }
}
