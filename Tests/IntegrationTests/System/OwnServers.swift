import Foundation
import TestSupport

/// A PostgreSQL and a Redis that one test has for itself, because it stops them.
///
/// They are started by `scripts/servers`, as those of `make test` are, but durable: what a PostgreSQL without
/// synchronous commits acknowledged may be gone after a crash, and then the read models are right and the store is not.
struct OwnServers: Sendable {
    let folder: String
    let databaseURL: String
    let redisURL: String
    private let dataHome: String

    /// Starts both, lends them and deletes them again, whatever happens in between.
    ///
    /// - Throws: `ScriptFailed`; what `body` throws.
    static func with<T>(_ name: String, _ body: (OwnServers) async throws -> sending T) async throws -> sending T {
        let parent = TestServers.setting("TEST_STATE_DIR") ?? FileManager.default.temporaryDirectory.path
        guard CrashCleaner.isArmed else { throw CannotCleanUp() }
        let folder = "\(parent)/own-servers-\(ProcessInfo.processInfo.processIdentifier)-\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        do {
            let servers = try await start(folder)
            let result = try await body(servers)
            await delete(folder)
            return result
        } catch {
            try? signalRedis(in: folder, SIGCONT)  // a frozen one would not hear that it is to stop
            await delete(folder)
            throw error
        }
    }

    /// Kills Redis (`kill -9`); it keeps nothing on disk.
    func killRedis() throws { try Self.signalRedis(in: folder, SIGKILL) }

    /// Redis holds its connections and answers nothing.
    func freezeRedis() throws { try Self.signalRedis(in: folder, SIGSTOP) }

    /// Redis goes on.
    func thawRedis() throws { try Self.signalRedis(in: folder, SIGCONT) }

    /// Stops PostgreSQL as a crash would: SIGQUIT ends every session at once, nothing is written.
    func crashPostgres() async throws {
        let file = "\(dataHome)/postgres/postmaster.pid"
        kill(try Self.pid(in: file), SIGQUIT)
        try await eventually("PostgreSQL is gone") { !FileManager.default.fileExists(atPath: file) }
    }

    /// Starts again what was killed, where it was.
    func restart() async throws { try await Self.run(["start", folder, "durable"], in: folder) }

    private static func signalRedis(in folder: String, _ signal: Int32) throws {
        kill(try pid(in: "\(folder)/redis.pid"), signal)
    }

    private static func pid(in file: String) throws -> Int32 {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        guard let number = text.split(whereSeparator: { $0 == " " || $0 == "\n" }).first.flatMap({ Int32($0) }) else {
            throw ScriptFailed(command: "reading \(file)", output: text)
        }
        return number
    }

    private static func start(_ folder: String) async throws -> OwnServers {
        try await run(["start", folder, "durable"], in: folder)
        let text = try String(contentsOfFile: "\(folder)/servers.env", encoding: .utf8)
        func value(_ name: String) throws -> String {
            let line = text.split(separator: "\n").first { $0.hasPrefix("\(name)=") }
            guard let line else { throw ScriptFailed(command: "servers start", output: text) }
            return line.dropFirst(name.count + 1).trimmingCharacters(in: CharacterSet(charactersIn: "'"))
        }
        return OwnServers(
            folder: folder, databaseURL: try value("DATABASE_URL"), redisURL: try value("REDIS_URL"),
            dataHome: try value("DATA_HOME"))
    }

    private static func delete(_ folder: String) async {
        try? await run(["delete", folder], in: folder)
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func run(_ arguments: [String], in folder: String) async throws {
        try await Script.run("\(Script.checkout)/scripts/servers", arguments, logPath: "\(folder)/script.log")
    }
}
