import Foundation
import Glibc
import Redis
import Testing

/// The shared server that `make test` starts, and servers of a test's own for what would disturb others.
enum TestRedis {
    /// - Returns: A client of the shared server; every test uses its own key prefix.
    static func client(
        _ label: String, connections: Int = 1, timeout: Duration = .seconds(5)
    ) throws -> RedisClient {
        let url = try #require(
            ProcessInfo.processInfo.environment["TEST_REDIS_URL"],
            "TEST_REDIS_URL is not set: start Redis and name it, as `make test` does")
        return try RedisClient(url: url, label: label, connections: connections, timeout: timeout)
    }

    static func uniquePrefix() -> String { "redis-tests:\(UUID().uuidString):" }

    static var hasServerProgram: Bool { access("/usr/bin/redis-server", X_OK) == 0 }
}

/// A `redis-server` process with a folder of its own, gone with the object.
final class OwnRedisServer: Sendable {
    let port: UInt16
    let folder: URL
    private let process: Process

    /// Starts the program and waits until it answers on `port`.
    init(port: UInt16 = freePort(), arguments: [String] = [], folder: URL? = nil) async throws {
        self.port = port
        self.folder = folder ?? URL.temporaryDirectory.appending(path: "redis-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/redis-server")
        process.arguments =
            ["--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", self.folder.path]
            + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    func kill() {
        guard process.isRunning else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func signal(_ number: CInt) { Glibc.kill(process.processIdentifier, number) }
}

/// A port that nobody listens on at the moment; below the range of outgoing connections, and 10,000 under 55,536 as
/// cluster nodes listen on port + 10,000 too.
func freePort() -> UInt16 {
    while true {
        let port = UInt16.random(in: 20_000..<22_000)
        let probe = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(probe) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status == 0 { return port }
    }
}

/// Tries until `condition` holds; fails the test after `seconds`.
func eventually(
    within seconds: Int = 10, _ what: Comment, _ condition: () async -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record(what)
}

extension RedisClient {
    /// True once the server answers.
    func answers() async -> Bool {
        let reply = try? await call(RedisCommand("PING"))
        return reply == .status("PONG")
    }
}
