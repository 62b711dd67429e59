import Foundation
import HTTPClient
import Testing

@Suite("HTTPClient failures")
struct HTTPClientFailureTests {
    let client: HTTPClient

    init() throws { client = try HTTPClient(label: "http-failure-tests") }

    private func error(_ request: HTTPClientRequest, with other: HTTPClient? = nil) async -> HTTPClientError? {
        do throws(HTTPClientError) { _ = try await (other ?? client).send(request) } catch { return error }
        return nil
    }

    @Test func refusesWhatCouldBeReadAsSomethingElse() async {
        let fine = "http://127.0.0.1:1/"
        let requests = [
            HTTPClientRequest(method: "", url: fine), HTTPClientRequest(method: "GET /x", url: fine),
            HTTPClientRequest(method: "GET\r\nX: y", url: fine), HTTPClientRequest(url: ""),
            HTTPClientRequest(url: "/relative"), HTTPClientRequest(url: "file:///etc/passwd"),
            HTTPClientRequest(url: "gopher://127.0.0.1/"), HTTPClientRequest(url: "http://127.0.0.1/a b"),
            HTTPClientRequest(url: "http://127.0.0.1/\r\nX: y"), HTTPClientRequest(url: "http://"),
            HTTPClientRequest(url: "http://127.0.0.1:99999/"),
            HTTPClientRequest(url: fine, headers: [HTTPClientField("X-A", "1\r\nX-B: 2")]),
            HTTPClientRequest(url: fine, headers: [HTTPClientField("X-A", "1\u{0}")]),
            HTTPClientRequest(url: fine, headers: [HTTPClientField("X A", "1")]),
            HTTPClientRequest(url: fine, headers: [HTTPClientField("", "1")]),
            HTTPClientRequest(url: fine, timeout: .zero), HTTPClientRequest(url: fine, timeout: .seconds(-1)),
        ]
        for request in requests {
            #expect(await error(request) == .invalidRequest, "\(request.method) \(request.url)")
        }
    }

    @Test func saysThatNobodyListens() async {
        #expect(await error(HTTPClientRequest(url: "http://127.0.0.1:1/")) == .cannotConnect)
        #expect(await error(HTTPClientRequest(url: "http://no-such-host.invalid/")) == .cannotConnect)
    }

    @Test func endsWaitingAtItsTimeout() async throws {
        let server = try ScriptedServer { _ in .silence }
        defer { server.stop() }
        #expect(await error(HTTPClientRequest(url: server.url, timeout: .milliseconds(200))) == .timeout)
    }

    @Test func countsTheTimeInTheQueueToo() async throws {
        let server = try ScriptedServer { _ in .silence }
        defer { server.stop() }
        let client = try HTTPClient(label: "queue", connectionsPerHostMax: 1)
        await withTaskGroup(of: HTTPClientError?.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    await error(HTTPClientRequest(url: server.url, timeout: .milliseconds(300)), with: client)
                }
            }
            for await error in group { #expect(error == .timeout) }
        }
        await client.close()
    }

    @Test func noticesBrokenResponses() async throws {
        let replies: [(name: String, reply: ScriptedServer.Reply)] = [
            ("no answer at all", .thenHangUp("")),
            ("a body cut off", .thenHangUp("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")),
            ("a chunk cut off", .thenHangUp("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")),
            ("headers cut off", .thenHangUp("HTTP/1.1 200 OK\r\nContent-Le")),
            ("not HTTP", .thenHangUp("SSH-2.0-OpenSSH_9.2\r\n")),
            ("a chunk size that is none", .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")),
            ("two lengths", .thenHangUp("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc")),
            ("noise", .thenHangUp(String(repeating: "\u{0}\u{1}", count: 1_000))),
        ]
        for example in replies {
            let server = try ScriptedServer { _ in example.reply }
            defer { server.stop() }
            #expect(await error(HTTPClientRequest(url: server.url, timeout: .seconds(3))) != nil, "\(example.name)")
        }
    }

    @Test func stopsReadingWhatIsTooLarge() async throws {
        let body = String(repeating: "x", count: 100_000)
        let large = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n\(body)"
        let headers = "HTTP/1.1 200 OK\r\nX: \(String(repeating: "h", count: 20_000))\r\nContent-Length: 0\r\n\r\n"
        for text in [large, headers] {
            let server = try ScriptedServer { _ in .text(text) }
            defer { server.stop() }
            #expect(await error(HTTPClientRequest(url: server.url, responseBytesMax: 10_000)) == .responseTooLarge)
            #expect(try await client.send(HTTPClientRequest(url: server.url)).status == 200)
        }
    }

    @Test func endsWhenItsTaskIsCancelled() async throws {
        let server = try ScriptedServer { _ in .silence }
        defer { server.stop() }
        let waiting = Task { await error(HTTPClientRequest(url: server.url, timeout: .seconds(60))) }
        let deadline = ContinuousClock.now + .seconds(10)
        while server.requestCount == 0 && ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        waiting.cancel()
        #expect(await waiting.value == .cancelled)
        let cancelledBefore = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await error(HTTPClientRequest(url: server.url, timeout: .seconds(60)))
        }
        #expect(await cancelledBefore.value == .cancelled)
    }

    @Test func finishesWhatIsUnderWayWhenClosed() async throws {
        let server = try ScriptedServer { _ in .silence }
        defer { server.stop() }
        let client = try HTTPClient(label: "closing")
        let waiting = Task {
            await error(HTTPClientRequest(url: server.url, timeout: .milliseconds(400)), with: client)
        }
        while server.requestCount == 0 { try await Task.sleep(for: .milliseconds(5)) }
        await client.close()
        #expect(await waiting.value == .timeout)
        #expect(await error(HTTPClientRequest(url: server.url), with: client) == .closed)
        await client.close()
    }

    @Test func talksOnlyToServersThatItTrusts() async throws {
        let folder = URL.temporaryDirectory.appending(path: "http-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let certificate = folder.appending(path: "server.crt").path
        let key = folder.appending(path: "server.key").path
        let made = try openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout",
            key, "-out", certificate, "-subj", "/CN=http-tests", "-addext", "subjectAltName=DNS:localhost",
        ])
        made.waitUntilExit()
        let port = UInt16.random(in: 22_000..<24_000)
        let server = try openssl([
            "s_server", "-accept", "127.0.0.1:\(port)", "-www", "-cert", certificate, "-key", key,
        ])
        defer {
            kill(server.processIdentifier, SIGKILL)  // it may have inherited a mask that blocks SIGTERM
            server.waitUntilExit()
        }
        let trusting = try HTTPClient(label: "trusting", certificateAuthorityPath: certificate)
        let request = HTTPClientRequest(url: "https://localhost:\(port)/")
        let deadline = ContinuousClock.now + .seconds(10)
        while await error(request, with: trusting) != nil && ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await trusting.send(request).status == 200)
        #expect(await error(request) == .tlsFailed)
        let otherName = HTTPClientRequest(url: "https://127.0.0.1:\(port)/")
        #expect(await error(otherName, with: trusting) == .tlsFailed)
    }

    private func openssl(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        return process
    }
}
