import Foundation

/// A Kafka that one test has for itself: the names of the topics are fixed, so two systems cannot share one.
package struct OwnKafka: Sendable {
    /// Bootstrap list, all brokers of it.
    package let bootstrap: String
    private let folder: String

    /// One after the other: each is a virtual machine of its own.
    private static let turnstile = Turnstile(1)

    /// The program that starts one; nil where this machine has none.
    package static let engine = TestServers.setting("TEST_KAFKA_ENGINE")

    /// Whether tests may start one.
    package static var isPresent: Bool { engine != nil }

    /// Starts one, lends it and deletes it again, whatever happens in between.
    ///
    /// - Parameters:
    ///   - name: Of the test, for its folder.
    ///   - brokers: How many, 1 or 3; of three every record stands on all, and two must have it.
    ///   - settings: Settings of the brokers beyond the engine's own, such as `log.retention.ms`.
    ///   - body: Gets it, ready to be used.
    /// - Returns: What `body` returned.
    /// - Throws: `ScriptFailed`; what `body` throws.
    package static func with<T>(
        _ name: String, brokers: Int = 1, settings: [String: String] = [:],
        _ body: (OwnKafka) async throws -> sending T
    ) async throws -> sending T {
        guard CrashCleaner.isArmed else { throw CannotCleanUp() }
        await turnstile.enter()
        do {
            let result = try await start(name, brokers, settings, body)
            await turnstile.leave()
            return result
        } catch {
            await turnstile.leave()
            throw error
        }
    }

    private static func start<T>(
        _ name: String, _ brokers: Int, _ settings: [String: String], _ body: (OwnKafka) async throws -> sending T
    ) async throws -> sending T {
        let parent = FileManager.default.temporaryDirectory.path
        let folder = "\(parent)/own-kafka-\(ProcessInfo.processInfo.processIdentifier)-\(name)"
        do {
            // Each broker listens on a port for clients, and on one a hundred further for the others.
            let port = try FreePorts.next(with: (0..<brokers).flatMap { [$0, $0 + 100] }.filter { $0 > 0 })
            let extra = settings.sorted { $0.key < $1.key }.flatMap { ["--set", "\($0.key)=\($0.value)"] }
            try await run(["start", folder, "--port", "\(port)", "--brokers", "\(brokers)"] + extra, folder)
            let addresses = (0..<brokers).map { "127.0.0.1:\(port + $0)" }
            let kafka = OwnKafka(bootstrap: addresses.joined(separator: ","), folder: folder)
            let result = try await body(kafka)
            await delete(folder)
            return result
        } catch {
            await delete(folder)
            throw error
        }
    }

    /// `kill -9` of a broker, counted from 1; its log stays.
    ///
    /// - Throws: `ScriptFailed`.
    package func crash(_ broker: Int = 1) async throws { try await Self.run(["kill", folder, "\(broker)"], folder) }

    /// Starts what is down again.
    ///
    /// - Throws: `ScriptFailed`.
    package func resume() async throws { try await Self.run(["resume", folder], folder) }

    /// Runs one of Kafka's own tools, such as `topics`.
    ///
    /// - Returns: What it said.
    /// - Throws: `ScriptFailed`.
    package func tool(_ arguments: String...) async throws -> String {
        try await Self.run(["tool", folder] + arguments, folder)
    }

    private static func delete(_ folder: String) async {
        _ = try? await run(["stop", folder], folder)
        try? FileManager.default.removeItem(atPath: folder)
        try? FileManager.default.removeItem(atPath: "\(folder).log")
    }

    @discardableResult
    private static func run(_ arguments: [String], _ folder: String) async throws -> String {
        guard let engine else { throw ScriptFailed(command: "kafka-engine", output: "TEST_KAFKA_ENGINE is not set") }
        return try await Script.run(engine, arguments, logPath: "\(folder).log")
    }
}
