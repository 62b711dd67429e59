import Foundation

/// Requests that are ready to be sent, byte by byte.
struct PreparedRequests: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    /// Appends a request of the API; `body` makes it a POST with that key.
    mutating func add(_ path: String, token: String, body: String? = nil, key: String = "") {
        var text =
            "\(body == nil ? "GET" : "POST") \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\n"
        if let body {
            text += "Content-Type: application/json\r\nIdempotency-Key: \(key)\r\n"
            text += "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        } else {
            text += "\r\n"
        }
        withUnsafeBytes(of: UInt32(text.utf8.count)) { bytes.append(contentsOf: $0) }
        bytes += text.utf8
        count += 1
    }
}

/// When one request was sent and answered, and how.
struct LoadAnswer: Sendable {
    /// Nanoseconds since 1970.
    let due, sent, answered: Int64
    let status: Int

    /// From when it was to be sent, so that a server that keeps others waiting is not excused.
    var milliseconds: Double { Double(answered - due) / 1_000_000 }
}

/// Load from a process of its own, `Tools/http_load.c`.
struct HTTPLoad: Sendable {
    /// When requests go out.
    enum Pace: Sendable {
        /// Each connection sends its next request when it has an answer.
        case asAnswered
        /// So many a second, evenly spaced from a moment on (nanoseconds since 1970).
        case perSecond(Int, from: Int64)
    }

    let ground: BenchGround
    let port: Int

    /// Sends all requests.
    ///
    /// - Returns: An answer each, in the order of the requests.
    /// - Throws: `ChildProgram.Failed` when a connection broke or nothing was answered for ten seconds.
    func run(
        _ requests: PreparedRequests, connections: Int, pace: Pace = .asAnswered, name: String = "load"
    ) async throws -> [LoadAnswer] {
        let (input, output) = (ground.path("\(name).requests"), ground.path("\(name).results"))
        try Data(requests.bytes).write(to: URL(fileURLWithPath: input))
        let rate =
            switch pace {
            case .asAnswered: "0"
            case .perSecond(let rate, let begin): "\(rate)@\(begin)"
            }
        _ = try await ChildProgram.run(
            ground.tools.httpLoad, ["\(port)", "\(connections)", input, output, rate],
            output: ground.path("logs/http_load-\(name).log"))
        let results = try Data(contentsOf: URL(fileURLWithPath: output))
        return results.withUnsafeBytes { bytes in
            let words = bytes.bindMemory(to: Int64.self)
            return (0..<requests.count).map { index in
                LoadAnswer(
                    due: words[index * 4], sent: words[index * 4 + 1], answered: words[index * 4 + 2],
                    status: Int(words[index * 4 + 3]))
            }
        }
    }
}

extension [LoadAnswer] {
    /// Seconds from the first request to the last answer.
    var seconds: Double {
        let begin = map(\.sent).min() ?? 0
        let end = map(\.answered).max() ?? 0
        return Double(end - begin) / 1_000_000_000
    }

    /// - Throws: `WrongAnswer` unless every answer has this status.
    func check(_ status: Int, _ what: String) throws {
        let wrong = filter { $0.status != status }
        guard wrong.isEmpty else {
            let statuses = Set(wrong.map(\.status)).sorted()
            throw WrongAnswer(
                "\(wrong.count) of \(count) \(what) were answered \(statuses), not \(status); see logs/http_load-*"
            )
        }
    }
}
