import HTTPServer
import Synchronization
import Testing

@Suite("HTTP requests")
struct RequestTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let request: String
        var status = 200
        var body = ""
        /// Whether the connection still answers afterwards.
        var staysOpen = true
    }

    /// What clients send, decent or not, and what they get.
    static let cases: [Case] = [
        Case(testDescription: "plain", request: "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", body: "GET /a 0"),
        Case(
            testDescription: "escapes stay as they were sent",
            request: "GET /a%2Fb%20c?d=%41+e HTTP/1.1\r\nHost: x\r\n\r\n",
            body: "GET /a%2Fb%20c?d=%41+e 0"),
        Case(
            testDescription: "second question mark", request: "GET /a?b?c HTTP/1.1\r\nHost: x\r\n\r\n",
            body: "GET /a?b?c 0"),
        Case(testDescription: "empty query", request: "GET /a? HTTP/1.1\r\nHost: x\r\n\r\n", body: "GET /a? 0"),
        Case(
            testDescription: "absolute form", request: "GET http://x.example/a?b HTTP/1.1\r\nHost: x\r\n\r\n",
            body: "GET /a?b 0"),
        Case(
            testDescription: "body of known length",
            request: "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
            body: "POST /a 5"),
        Case(
            testDescription: "chunked body",
            request:
                "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n",
            body: "POST /a 8"),
        Case(
            testDescription: "body with PATCH", request: "PATCH /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
            body: "PATCH /a 2"),
        Case(
            testDescription: "DELETE without a body", request: "DELETE /a HTTP/1.1\r\nHost: x\r\n\r\n",
            body: "DELETE /a 0"),
        Case(
            testDescription: "body of the largest size",
            request: "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + String(repeating: "x", count: 100),
            body: "POST /a 100"),
        Case(
            testDescription: "body a little too large is thrown away",
            request: "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n" + String(repeating: "x", count: 101),
            status: 413),
        Case(
            testDescription: "chunked body a little too large",
            request: "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n"
                + String(repeating: "x", count: 101) + "\r\n0\r\n\r\n",
            status: 413),
        Case(
            testDescription: "body far too large is not waited for",
            request: "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nx", status: 413, staysOpen: false
        ),
        Case(
            testDescription: "header too large",
            request: "GET /a HTTP/1.1\r\nHost: x\r\nX-Long: \(String(repeating: "x", count: 9_000))\r\n\r\n",
            status: 431,
            staysOpen: false),
        Case(
            testDescription: "header far too large",
            request: "GET /a HTTP/1.1\r\nHost: x\r\nX-Long: \(String(repeating: "x", count: 60_000))\r\n\r\n",
            status: 431,
            staysOpen: false),
        Case(
            testDescription: "length and chunks: smuggling",
            request: "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            status: 400, staysOpen: false),
        Case(
            testDescription: "two lengths: smuggling",
            request: "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", status: 400,
            staysOpen: false),
        Case(
            testDescription: "unknown encoding",
            request: "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", status: 400,
            staysOpen: false),
        Case(
            testDescription: "negative length", request: "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
            status: 400, staysOpen: false),
    ]

    @Test(arguments: cases)
    func answers(_ example: Case) async throws {
        try await withServer {
            $0.bodyBytesMax = 100
            $0.headerBytesMax = 8_192
            $0.bodyBytesDiscardedMax = 1_000
        } _: { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send(example.request)
                let response = try client.receive()
                #expect(response.status == example.status)
                if example.status == 200 { #expect(response.text == example.body) }
                if !example.staysOpen { return #expect(try client.waitsForClose()) }
                try client.send("GET /again HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try client.receive().text == "GET /again 0")
            }
        }
    }

    /// What is malformed and still reaches us, and how it must be answered: by `refuse`, once, and then no more.
    static let malformed: [Case] = [
        Case(testDescription: "no host", request: "GET /a HTTP/1.1\r\n\r\n"),
        Case(testDescription: "two hosts", request: "GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"),
        Case(testDescription: "space in the target", request: "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"),
        Case(
            testDescription: "space before the colon: smuggling",
            request: "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello"),
        Case(
            testDescription: "two lengths: smuggling",
            request: "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
    ]

    @Test(arguments: malformed)
    func refusesInItsOwnWords(_ example: Case) async throws {
        try await withServer {
            $0.refuse = { refusal in
                HTTPResponse(
                    status: refusal.status, headers: [HTTPField("content-type", "application/problem+json")],
                    body: .bytes(Array("ours".utf8)))
            }
        } _: { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send(example.request)
                let response = try client.receive()
                #expect(response.status == 400)
                #expect(response.header("content-type") == "application/problem+json")
                #expect(response.text == "ours")
                #expect(try client.closesWithoutAnotherByte())
            }
        }
    }

    @Test func `HTTP 1.0 needs no host`() async throws {
        try await withServer { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send("GET /a HTTP/1.0\r\n\r\n")
                #expect(try client.receive().text == "GET /a 0")
            }
        }
    }

    @Test func `repeated headers are kept and compared without case`() async throws {
        let seen = Mutex<HTTPHeaders?>(nil)
        try await withServer { _ in
        } handler: { request in
            seen.withLock { $0 = request.headers }
            return HTTPResponse(status: 204)
        } _: { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send("GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a:  2 \r\nX-a: \r\nX-B: \u{e9}\r\n\r\n")
                #expect(try client.receive().status == 204)
            }
        }
        let headers = try #require(seen.withLock { $0 })
        #expect(headers["x-A"] == "1")
        #expect(headers.all("X-A") == ["1", "2", ""])
        #expect(headers["x-b"] == "\u{e9}")
        #expect(headers["x-c"] == nil)
        #expect(headers.fields.map(\.name) == ["Host", "X-A", "x-a", "X-a", "X-B"])
    }

    @Test func `the peer's address is known`() async throws {
        try await withServer { _ in
        } handler: { request in
            HTTPResponse(status: 200, body: .bytes(Array(request.remoteAddress.utf8)))
        } _: { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try client.receive().text == "127.0.0.1")
            }
        }
    }

    @Test func `pipelined requests are answered in order, bodies and all`() async throws {
        try await withServer { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send(
                    (0..<50).map { "POST /\($0) HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" }.joined())
                for number in 0..<50 { #expect(try client.receive().text == "POST /\(number) 3") }
            }
        }
    }

    @Test func `a client that asks first may send its body`() async throws {
        try await withServer { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
                #expect(try client.receive().status == 100)
                try client.send("hello")
                #expect(try client.receive().text == "POST /a 5")
            }
        }
    }

    @Test func `a client that asks first is spared sending too much`() async throws {
        try await withServer {
            $0.bodyBytesMax = 100
        } _: { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n")
                #expect(try client.receive().status == 413)
                #expect(try client.waitsForClose())
            }
        }
    }

    @Test func `a half-closed client still gets its answer`() async throws {
        let gate = Gate()
        try await withServer { _ in
        } handler: { request in
            await gate.wait()
            return echo(request)
        } _: { server in
            let port = server.port
            async let answered: Void = blocking {
                var client = try RawClient(port: port)
                try client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
                client.finishSending()
                #expect(try client.receive().text == "GET /a 0")
            }
            try await eventually("the handler runs") { gate.arrivals == 1 }
            gate.open()
            try await answered
        }
    }

    @Test func `HTTP/1.0 clients are answered and let go`() async throws {
        try await withServer { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send("GET /old HTTP/1.0\r\n\r\n")
                #expect(try client.receive().text == "GET /old 0")
                #expect(try client.waitsForClose())
            }
        }
    }
}
