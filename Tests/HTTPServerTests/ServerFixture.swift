import Dispatch
import Glibc
import HTTPServer
import Synchronization
import Testing

/// Runs a server on a free port for the length of one test.
func withServer<T: Sendable>(
    _ configure: (inout HTTPServer.Configuration) -> Void = { _ in },
    handler: @escaping HTTPServer.Handler = { request in echo(request) },
    _ body: (HTTPServer) async throws -> T
) async throws -> T {
    var configuration = HTTPServer.Configuration()
    configure(&configuration)
    let server = try HTTPServer(configuration, handler: handler)
    do {
        let result = try await body(server)
        await server.drain(within: .seconds(2))
        return result
    } catch {
        await server.drain(within: .zero)
        throw error
    }
}

/// Answers what was understood of the request: `METHOD path?query bodyBytes`.
func echo(_ request: HTTPRequest) -> HTTPResponse {
    if request.isBodyTooLarge { return HTTPResponse(status: 413) }
    let query = request.query.map { "?\($0)" } ?? ""
    let text = "\(request.method) \(request.path)\(query) \(request.body.count)"
    return HTTPResponse(
        status: 200, headers: [HTTPField("content-type", "text/plain")], body: .bytes(Array(text.utf8)))
}

/// Runs code that blocks on a thread of its own.
func blocking<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "test.client").async { continuation.resume(with: Result { try body() }) }
    }
}

/// Waits until `condition` holds; fails the test if that takes more than ten seconds.
func eventually(_ what: Comment, _ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record(what)
            return
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// A door that a handler waits at until the test opens it.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var arrivals = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// How many have come to the door so far.
    var arrivals: Int { state.withLock { $0.arrivals } }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                state.arrivals += 1
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// Waits on a client's own thread, never in a task.
func sleepMilliseconds(_ milliseconds: UInt32) -> Int32 { usleep(milliseconds * 1_000) }
