import Domain
import Foundation
import HTTPClient
import JSON

/// Availability reads over HTTP beside a handler that knows the answer already.
struct ReadFigures {
    let ground: BenchGround
    let system: InstalledSystem
    let practices: Practices
    let tokens: TokenBook

    private static let wrk = "/usr/bin/wrk"
    private static let serverThreads = 2

    /// - Returns: Reads a second, and those of bare libmicrohttpd with the same bytes.
    func measure() async throws -> (rate: Double, limit: Double) {
        let script = ground.path("reads.lua")
        try Data(lua().utf8).write(to: URL(fileURLWithPath: script))
        let seconds = ground.scale.size < 1 ? 2 : 6
        _ = try await wrk(script, port: system.port, seconds: 2)
        let rate = try await wrk(script, port: system.port, seconds: seconds)
        let limit = try await limit(script, seconds: seconds)
        return (rate, limit)
    }

    /// Requests that are made before the clock starts; each turn another practitioner and caller.
    private func lua() -> String {
        var text = "local made = {}\nlocal turn = 0\nfunction init()\n"
        for (turn, practitioner) in practices.practitioners.enumerated() {
            text += """
                made[\(turn + 1)] = wrk.format("GET", "/fr/v1/practitioners/\(practitioner)/availability", \
                {Authorization = "Bearer \(tokens[turn])"})

                """
        }
        return text + "end\nfunction request()\n    turn = turn % #made + 1\n    return made[turn]\nend\n"
    }

    private func wrk(_ script: String, port: Int, seconds: Int) async throws -> Double {
        let output = try await ChildProgram.run(
            Self.wrk,
            ["-t1", "-c64", "-d\(seconds)s", "-s", script, "http://127.0.0.1:\(port)/"],
            output: ground.path("logs/wrk.log"))
        guard !output.contains("Non-2xx"), !output.contains("Socket errors") else {
            throw WrongAnswer("not every read was answered 200: \(output)")
        }
        let line = output.split(separator: "\n").first { $0.hasPrefix("Requests/sec:") }
        guard let rate = line?.split(separator: " ").last.flatMap({ Double($0) }) else {
            throw WrongAnswer("wrk said \(output)")
        }
        return rate
    }

    /// The same load on a server that answers every request with one real answer's bytes.
    private func limit(_ script: String, seconds: Int) async throws -> Double {
        let client = try HTTPClient(label: "bench-sample")
        let path = "http://127.0.0.1:\(system.port)/fr/v1/practitioners/\(practices.practitioners[0])/availability"
        let answer = try await client.send(
            HTTPClientRequest(url: path, headers: [HTTPClientField("Authorization", "Bearer \(tokens[0])")]))
        await client.close()
        guard answer.status == 200, try parseJSON(answer.body)["state"]?.stringValue == "fresh" else {
            throw WrongAnswer("no fresh answer: \(String(decoding: answer.body.prefix(200), as: UTF8.self))")
        }
        let own = ["content-length", "date", "connection"]  // libmicrohttpd writes these itself
        let fields = answer.headers.filter { !own.contains($0.name.lowercased()) }
        let text = fields.map { "\($0.name): \($0.value)\n" }.joined()
        try Data(text.utf8).write(to: URL(fileURLWithPath: ground.path("bare.fields")))
        try Data(answer.body).write(to: URL(fileURLWithPath: ground.path("bare.body")))
        let port = try FreePort.one()
        let server = try ChildProgram(
            ground.tools.bareHTTP,
            ["\(port)", "\(Self.serverThreads)", ground.path("bare.fields"), ground.path("bare.body")],
            output: ground.path("logs/bare_http.log"))
        try await Task.sleep(for: .milliseconds(300))
        let limit = try await wrk(script, port: port, seconds: seconds)
        await server.stop()
        return limit
    }
}
