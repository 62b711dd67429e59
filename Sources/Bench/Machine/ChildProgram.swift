import Foundation
import Synchronization

/// A program in a process of its own; its output goes to a file.
final class ChildProgram: Sendable {
    private let process: Process
    private let log: String
    private let ending = Ending()

    /// Starts `executable` with our environment and `environment` on top; `output` gets standard output and error.
    init(_ executable: String, _ arguments: [String], environment: [String: String] = [:], output: String) throws {
        log = output
        process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessEnvironment.values.merging(environment) { _, ours in ours }
        process.standardInput = FileHandle.nullDevice
        try Data().write(to: URL(fileURLWithPath: output))
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        process.standardOutput = file
        process.standardError = file
        process.terminationHandler = { [ending] in ending.report($0.terminationStatus) }
        try Self.withoutBlockedSignals { try process.run() }
        try file.close()  // the child has a descriptor of its own
    }

    /// A child inherits the mask of the thread that starts it, and Swift's own threads block signals: pgbench would
    /// never hear its alarm clock.
    private static func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    deinit {
        if ending.status == nil { kill(process.processIdentifier, SIGKILL) }
    }

    var isRunning: Bool { ending.status == nil }
    var processID: Int32 { process.processIdentifier }

    /// What it has written so far.
    var output: String {
        (try? String(decoding: Data(contentsOf: URL(fileURLWithPath: log)), as: UTF8.self)) ?? ""
    }

    /// Waits for its end.
    ///
    /// - Returns: Its output.
    /// - Throws: `Failed` with the end of the output when it did not succeed.
    func finish() async throws -> String {
        let status = await ending.wait()
        guard status == 0 else { throw Failed(name: name, status: status, lastOutput: String(output.suffix(800))) }
        return output
    }

    /// Asks it to end (SIGTERM), kills it when it does not within 20 s, and waits.
    func stop() async {
        guard isRunning else { return }
        kill(process.processIdentifier, SIGTERM)
        let pid = process.processIdentifier
        let killer = Task { [ending] in
            try? await Task.sleep(for: .seconds(20))
            if !Task.isCancelled, ending.status == nil { kill(pid, SIGKILL) }
        }
        _ = await ending.wait()
        killer.cancel()
    }

    /// Runs a program to its end.
    ///
    /// - Returns: What it wrote.
    static func run(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], output: String
    ) async throws -> String {
        try await ChildProgram(executable, arguments, environment: environment, output: output).finish()
    }

    private var name: String { process.executableURL?.lastPathComponent ?? "program" }

    /// A program did not succeed.
    struct Failed: Error, CustomStringConvertible {
        let name: String
        let status: Int32
        let lastOutput: String

        var description: String { "\(name) ended with \(status): \(lastOutput)" }
    }
}

/// How a process ended, for whoever waits.
private final class Ending: Sendable {
    private struct State {
        var status: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    private let state = Mutex(State())

    var status: Int32? { state.withLock { $0.status } }

    func report(_ status: Int32) {
        let waiting = state.withLock { state in
            state.status = status
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }

    func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.withLock { state in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }
}
