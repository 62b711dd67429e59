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

/// A Kafka that one test has for itself: the names of the topics are fixed, so two systems cannot share one.
struct OwnKafka: Sendable {
    let bootstrap: String
    private let folder: String

    /// The program that starts one; nil where this machine has none.
    static let engine = TestServers.setting("TEST_KAFKA_ENGINE")

    /// Starts one, lends it and deletes it again, whatever happens in between.
    ///
    /// - Throws: `ScriptFailed`; what `body` throws.
    static func with<T>(_ name: String, _ body: (OwnKafka) async throws -> sending T) async throws -> sending T {
        let parent = FileManager.default.temporaryDirectory.path
        let folder = "\(parent)/own-kafka-\(ProcessInfo.processInfo.processIdentifier)-\(name)"
        do {
            let port = try FreePorts.next()
            try await run(["start", folder, "--port", "\(port)"], folder)
            let result = try await body(OwnKafka(bootstrap: "127.0.0.1:\(port)", folder: folder))
            await delete(folder)
            return result
        } catch {
            await delete(folder)
            throw error
        }
    }

    /// `kill -9` of the broker; its log stays.
    func crash() async throws { try await Self.run(["kill", folder, "1"], folder) }

    /// Starts it again.
    func resume() async throws { try await Self.run(["resume", folder], folder) }

    private static func delete(_ folder: String) async {
        try? await run(["stop", folder], folder)
        try? FileManager.default.removeItem(atPath: folder)
        try? FileManager.default.removeItem(atPath: "\(folder).log")
    }

    private static func run(_ arguments: [String], _ folder: String) async throws {
        guard let engine else { throw ScriptFailed(command: "kafka-engine", output: "TEST_KAFKA_ENGINE is not set") }
        try await Script.run(engine, arguments, logPath: "\(folder).log")
    }
}

/// A script that a test runs and waits for.
enum Script {
    /// The folder that this package lies in.
    static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path

    /// Foundation believes that a process runs as long as anybody has the descriptor by which it watches it: servers
    /// that a script leaves running must not inherit it.
    private static let closingDescriptors = """
        for path in /proc/self/fd/*; do fd=${path##*/}; if [ "$fd" -gt 2 ]; then exec {fd}>&-; fi; done; exec "$@"
        """

    /// Runs a script that may leave servers running.
    ///
    /// - Throws: `ScriptFailed` with its output unless it ends with 0 within three minutes: a busy machine starts a JVM
    ///   slowly.
    static func run(_ path: String, _ arguments: [String], logPath: String) async throws {
        let program = try RunningProgram(
            "/bin/bash", ["-c", closingDescriptors, "bash", path] + arguments, environment: [:], logPath: logPath)
        let exit = try await program.waitForExit(within: .seconds(180))
        guard exit == .code(0) else {
            throw ScriptFailed(
                command: ([path] + arguments).joined(separator: " "), output: String(program.output().suffix(2_000)))
        }
    }
}

/// A script that a test needs did not do its work.
struct ScriptFailed: Error, CustomStringConvertible {
    let command: String
    let output: String

    var description: String { "\(command) failed:\n\(output)" }
}
