import HTTPServer
import Synchronization
import Testing

@Suite("HTTP limits and draining")
struct LimitTests {
    @Test func `a handler that takes too long is cancelled and answered for`() async throws {
        let wasCancelled = Mutex(false)
        try await withServer {
            $0.requestTimeout = .milliseconds(200)
        } handler: { _ in
            try? await Task.sleep(for: .seconds(60))
            wasCancelled.withLock { $0 = Task.isCancelled }
            return HTTPResponse(status: 200)
        } _: { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try client.receive().status == 503)
            }
            try await eventually("the handler's task is cancelled") { wasCancelled.withLock { $0 } }
        }
    }

    @Test(arguments: [
        "G", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n",
    ])
    func `a client that drips is cut off`(start: String) async throws {
        try await withServer {
            $0.requestTimeout = .milliseconds(300)
            $0.idleTimeout = .seconds(1)
        } _: { server in
            let port = server.port
            let isCutOff = try await blocking {
                let client = try RawClient(port: port)
                try client.send(start)
                let deadline = ContinuousClock.now + .seconds(8)
                while ContinuousClock.now < deadline {
                    do { try client.send("x") } catch { return true }
                    _ = sleepMilliseconds(20)
                }
                return false
            }
            #expect(isCutOff)
        }
    }

    @Test func `a silent connection is closed`() async throws {
        try await withServer {
            $0.idleTimeout = .seconds(1)
        } _: { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try client.receive().status == 200)
                #expect(try client.waitsForClose())
            }
        }
    }

    @Test func `an answer after the client left harms nobody`() async throws {
        let gate = Gate()
        try await withServer { _ in
        } handler: { request in
            if request.path == "/slow" { await gate.wait() }
            return echo(request)
        } _: { server in
            let port = server.port
            try await blocking {
                for number in 0..<50 {
                    let client = try RawClient(port: port)
                    try client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
                    if number % 2 == 0 { client.resetOnClose() }
                    if number % 3 == 0 { _ = sleepMilliseconds(2) }  // some leave before, some after the handler began
                }
            }
            gate.open()
            try await blocking {
                var client = try RawClient(port: port)
                try client.send("GET /after HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try client.receive().text == "GET /after 0")
            }
        }
    }

    @Test func `500 connections are kept alive at once`() async throws {
        try await withServer { server in
            let port = server.port
            try await withThrowingTaskGroup { group in
                for part in 0..<4 {
                    group.addTask {
                        try await blocking {
                            var clients = Clients(part: part)
                            for _ in 0..<125 { try clients.connect(port: port) }
                            for round in 0..<3 { try clients.exchange(round: round) }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `draining answers what runs, closes what idles and accepts nobody`() async throws {
        let gate = Gate()
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            if request.path == "/slow" { await gate.wait() }
            return echo(request)
        }
        let port = server.port
        async let idle: Bool = blocking {
            var client = try RawClient(port: port)
            try client.send("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.receive().status == 200)
            return try client.waitsForClose()
        }
        async let running: RawClient.Response = blocking {
            var client = try RawClient(port: port)
            try client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            return try client.receive()
        }
        try await eventually("the slow handler runs") { gate.arrivals == 1 }
        async let drained: Void = server.drain(within: .seconds(10))
        #expect(try await idle)
        gate.open()
        let response = try await running
        #expect(response.text == "GET /slow 0")
        #expect(response.header("connection")?.lowercased() == "close")
        await drained
        try await blocking { _ = #expect(throws: RawClient.Failure.self) { _ = try RawClient(port: port) } }
        await server.drain(within: .zero)  // again: nothing happens
    }

    @Test func `draining does not wait longer than it may`() async throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in
            try? await Task.sleep(for: .seconds(60))
            return HTTPResponse(status: 200)
        }
        let port = server.port
        let status = Mutex(0)
        async let answered: Void = blocking {
            var client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let received = try client.receive().status
            status.withLock { $0 = received }
        }
        try await Task.sleep(for: .milliseconds(100))
        let duration = await ContinuousClock().measure { await server.drain(within: .milliseconds(200)) }
        try await answered
        #expect(duration < .seconds(5))
        #expect(status.withLock { $0 } == 503)
    }

    @Test func `an endless stream does not hold up a drain`() async throws {
        let (chunks, feed) = AsyncStream.makeStream(of: [UInt8].self)
        let server = try HTTPServer(HTTPServer.Configuration()) { _ in HTTPResponse(status: 200, body: .stream(chunks))
        }
        let port = server.port
        feed.yield([1])
        async let cutOff: Bool = blocking {
            var client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try client.receiveHead()
            return try client.waitsForClose()
        }
        try await Task.sleep(for: .milliseconds(100))
        await server.drain(within: .milliseconds(100))
        #expect(try await cutOff)
    }

    @Test func `a server that is dropped stops`() async throws {
        let port = try HTTPServer(HTTPServer.Configuration()) { request in echo(request) }.port
        try await eventually("the port is closed") { (try? RawClient(port: port)) == nil ? true : false }
    }

    @Test func `a port in use and a wrong address are refused`() async throws {
        try await withServer { server in
            var configuration = HTTPServer.Configuration()
            configuration.port = server.port
            #expect(throws: HTTPServerError.self) { try HTTPServer(configuration) { request in echo(request) } }
            configuration.address = "localhost"
            #expect(throws: HTTPServerError.invalidAddress("localhost", port: server.port)) {
                try HTTPServer(configuration) { request in echo(request) }
            }
        }
    }
}

/// Many clients that take turns.
private struct Clients: ~Copyable {
    let part: Int
    private var first: [Box] = []

    init(part: Int) { self.part = part }

    /// An array cannot hold values without copies yet.
    private final class Box {
        var client: RawClient
        init(_ client: consuming RawClient) { self.client = client }
    }

    mutating func connect(port: Int) throws { first.append(Box(try RawClient(port: port))) }

    func exchange(round: Int) throws {
        for (number, box) in first.enumerated() {
            try box.client.send("GET /\(part)/\(number)/\(round) HTTP/1.1\r\nHost: x\r\n\r\n")
        }
        for (number, box) in first.enumerated() {
            #expect(try box.client.receive().text == "GET /\(part)/\(number)/\(round) 0")
        }
    }
}
