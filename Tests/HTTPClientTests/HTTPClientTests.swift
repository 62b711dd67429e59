import HTTPClient
import Testing

@Suite("HTTPClient")
struct HTTPClientTests {
    let client: HTTPClient

    init() throws { client = try HTTPClient(label: "http-client-tests") }

    /// Answers with what it was asked.
    private func echo() throws -> ScriptedServer {
        try ScriptedServer { request in
            .text("HTTP/1.1 200 OK\r\nContent-Length: \(request.utf8.count)\r\nX-Test: one\r\n\r\n\(request)")
        }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var method: String
        var body: [UInt8] = []
        var length: String?
    }

    static let methods = [
        Case(testDescription: "GET", method: "GET"),
        Case(testDescription: "GET with a body", method: "GET", body: [0x61], length: "Content-Length: 1"),
        Case(testDescription: "POST", method: "POST", body: Array("{\"a\":1}".utf8), length: "Content-Length: 7"),
        Case(testDescription: "POST without a body", method: "POST", length: "Content-Length: 0"),
        Case(testDescription: "PUT", method: "PUT", body: [0x61], length: "Content-Length: 1"),
        Case(testDescription: "PATCH without a body", method: "PATCH", length: "Content-Length: 0"),
        Case(testDescription: "DELETE", method: "DELETE"),
        Case(testDescription: "large POST", method: "POST", body: [UInt8](repeating: 0x7A, count: 2_000_000)),
    ]

    @Test(arguments: methods)
    func sendsWhatWasAsked(_ example: Case) async throws {
        let server = try echo()
        defer { server.stop() }
        let response = try await client.send(
            HTTPClientRequest(
                method: example.method, url: "\(server.url)/a%20b?c=d",
                headers: [HTTPClientField("X-One", "1"), HTTPClientField("X-Empty", "")], body: example.body))
        let seen = String(decoding: response.body, as: UTF8.self)
        #expect(response.status == 200)
        #expect(response.header("x-test") == "one")
        #expect(response.header("absent") == nil)
        #expect(seen.hasPrefix("\(example.method) /a%20b?c=d HTTP/1.1\r\n"))
        #expect(seen.contains("\r\nX-One: 1\r\n"))
        #expect(seen.contains("\r\nX-Empty:\r\n"))
        #expect(!seen.contains("Expect"))
        #expect(!seen.contains("Content-Type"))
        if let length = example.length { #expect(seen.contains("\r\n\(length)\r\n")) }
        if example.length == nil && example.body.isEmpty { #expect(!seen.contains("Content-Length")) }
        #expect(response.body.suffix(example.body.count) == example.body[...])
    }

    @Test func keepsConnectionsAlive() async throws {
        let server = try echo()
        defer { server.stop() }
        for _ in 0..<50 {
            #expect(try await client.send(HTTPClientRequest(url: server.url)).status == 200)
        }
        #expect(server.requestCount == 50)
        #expect(server.connectionCount == 1)
    }

    @Test func boundsItsConnections() async throws {
        let server = try echo()
        defer { server.stop() }
        let client = try HTTPClient(label: "bounded", connectionsPerHostMax: 3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let response = try await client.send(
                        HTTPClientRequest(method: "POST", url: server.url, body: Array("number-\(number)!".utf8)))
                    #expect(String(decoding: response.body, as: UTF8.self).hasSuffix("number-\(number)!"))
                }
            }
            try await group.waitForAll()
        }
        #expect(server.connectionCount <= 3)
        await client.close()
    }

    @Test func readsResponsesOfEveryShape() async throws {
        let responses: [(text: String, status: Int, body: String)] = [
            ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
            ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno", 503, "no"),
            ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302, ""),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nLink: </t>\r\n\r\n",
                200,
                "abcde"
            ),
            (
                "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x"
            ),
        ]
        for example in responses {
            let server = try ScriptedServer { _ in .text(example.text) }
            defer { server.stop() }
            let response = try await client.send(HTTPClientRequest(url: server.url))
            #expect(response.status == example.status)
            #expect(response.body == Array(example.body.utf8))
            #expect(response.header("Link") == nil)
        }
    }

    @Test func answersHeadWithoutWaitingForABody() async throws {
        let server = try ScriptedServer { _ in .text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n") }
        defer { server.stop() }
        let response = try await client.send(HTTPClientRequest(method: "HEAD", url: server.url))
        #expect(response.header("content-length") == "100")
        #expect(response.body.isEmpty)
    }

    @Test func signsForAWS() async throws {
        let server = try echo()
        defer { server.stop() }
        let signing = SigV4Signing(
            region: "eu-west-3", service: "es", accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret",
            sessionToken: "session")
        let response = try await client.send(
            HTTPClientRequest(
                method: "POST", url: "\(server.url)/index/_search",
                headers: [HTTPClientField("Content-Type", "application/json")], body: Array("{}".utf8),
                signing: signing))
        let seen = String(decoding: response.body, as: UTF8.self)
        let authorization = seen.split(separator: "\r\n").first { $0.hasPrefix("Authorization: ") } ?? ""
        #expect(authorization.contains("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"))
        #expect(authorization.contains("/eu-west-3/es/aws4_request"))
        #expect(authorization.contains("x-amz-security-token"))
        #expect(seen.contains("X-Amz-Date: "))
        #expect(!seen.contains("Basic"))
        let plain = try await client.send(HTTPClientRequest(url: server.url))  // the handle is used again
        #expect(!String(decoding: plain.body, as: UTF8.self).contains("uthorization"))
    }
}
