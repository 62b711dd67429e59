import HTTPServer
import Synchronization
import Testing

@Suite("HTTP responses")
struct ResponseTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let response: HTTPResponse
        let status: Int
    }

    /// What may leave, and what is replaced by an empty 500.
    static let cases: [Case] = [
        Case(
            testDescription: "ordinary fields",
            response: HTTPResponse(status: 201, headers: [HTTPField("Location", "/a"), HTTPField("ETag", "\"1\"")]),
            status: 201),
        Case(
            testDescription: "line feed in a value",
            response: HTTPResponse(status: 200, headers: [HTTPField("x", "a\r\nset-cookie: b")]), status: 500),
        Case(
            testDescription: "zero byte in a value",
            response: HTTPResponse(status: 200, headers: [HTTPField("x", "a\0b")]),
            status: 500),
        Case(
            testDescription: "space in a name", response: HTTPResponse(status: 200, headers: [HTTPField("x y", "a")]),
            status: 500),
        Case(
            testDescription: "empty name", response: HTTPResponse(status: 200, headers: [HTTPField("", "a")]),
            status: 500),
        Case(
            testDescription: "framing",
            response: HTTPResponse(status: 200, headers: [HTTPField("Content-Length", "7")]),
            status: 500),
        Case(testDescription: "no status", response: HTTPResponse(status: 42), status: 500),
    ]

    @Test(arguments: cases)
    func sends(_ example: Case) async throws {
        try await withServer { _ in
        } handler: { _ in
            example.response
        } _: { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                let response = try client.receive()
                #expect(response.status == example.status)
                #expect(!response.head.contains("set-cookie"))
            }
        }
    }

    @Test func `HEAD has the length and no body`() async throws {
        try await withServer { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try client.receive(isHead: true).header("content-length") == "9")
                #expect(try client.receive().text == "GET /b 0")
            }
        }
    }

    @Test(arguments: [204, 304])
    func `a status without a body leaves the connection in step`(status: Int) async throws {
        try await withServer { _ in
        } handler: { _ in
            HTTPResponse(status: status)
        } _: { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                for _ in 0..<2 {
                    try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(try client.receive().status == status)
                }
            }
        }
    }

    @Test func `a large body arrives whole`() async throws {
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await withServer { _ in
        } handler: { _ in
            HTTPResponse(status: 200, body: .bytes(body))
        } _: { server in
            let port = server.port
            let received = try await blocking {
                var client = try RawClient(port: port)
                try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                return try client.receive().body
            }
            #expect(received == body)
        }
    }

    @Test func `pieces of a stream leave as soon as they are there`() async throws {
        let (chunks, feed) = AsyncStream.makeStream(of: [UInt8].self)
        try await withServer { _ in
        } handler: { _ in
            HTTPResponse(status: 200, headers: [HTTPField("content-type", "text/event-stream")], body: .stream(chunks))
        } _: { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                for number in 0..<20 {
                    feed.yield(Array("data: \(number)\n\n".utf8))
                    if number == 0 { #expect(try client.receiveHead().contains("text/event-stream")) }
                    #expect(try client.receiveChunk() == Array("data: \(number)\n\n".utf8))
                }
                feed.finish()
                #expect(try client.receiveChunk() == nil)
            }
        }
    }

    @Test func `a stream waits for a slow reader`() async throws {
        let produced = Mutex(0)
        let chunks = AsyncStream<[UInt8]> {
            let number = produced.withLock { count in
                count += 1
                return count
            }
            return number > 2_000 ? nil : [UInt8](repeating: 7, count: 65_536)
        }
        try await withServer { _ in
        } handler: { _ in
            HTTPResponse(status: 200, body: .stream(chunks))
        } _: { server in
            let port = server.port
            let total = try await blocking {
                var client = try RawClient(port: port, receiveBufferBytes: 65_536)
                try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = try client.receiveHead()
                var total = try #require(try client.receiveChunk()).count
                // 131 MB would have been made by now if nobody waited; kernel buffers hold a few megabytes.
                #expect(produced.withLock { $0 } < 500)
                while let chunk = try client.receiveChunk() { total += chunk.count }
                return total
            }
            #expect(total == 2_000 * 65_536)
        }
    }

    @Test func `a stream is ended when its client leaves`() async throws {
        let isTerminated = Mutex(false)
        let (chunks, feed) = AsyncStream.makeStream(of: [UInt8].self)
        feed.onTermination = { _ in isTerminated.withLock { $0 = true } }
        try await withServer { _ in
        } handler: { _ in
            HTTPResponse(status: 200, body: .stream(chunks))
        } _: { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                feed.yield([1])
                _ = try client.receiveHead()
                client.resetOnClose()
            }
            try await eventually("the stream's producer is told") {
                feed.yield([2])
                return isTerminated.withLock { $0 }
            }
        }
    }

    @Test func `HEAD of a stream ends it without reading`() async throws {
        let (chunks, feed) = AsyncStream.makeStream(of: [UInt8].self)
        feed.yield([1])
        feed.finish()
        try await withServer { _ in
        } handler: { _ in
            HTTPResponse(status: 200, body: .stream(chunks))
        } _: { server in
            let port = server.port
            try await blocking {
                var client = try RawClient(port: port)
                for _ in 0..<2 {
                    try client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(try client.receive(isHead: true).status == 200)
                }
            }
        }
    }
}
