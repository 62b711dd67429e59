import Foundation
import Synchronization

/// A program of ours in a process of its own, for tests that look from outside: it can be stopped, killed and frozen.
package final class RunningProgram: Sendable {
    /// How a program ended.
    package enum Exit: Sendable, Equatable {
        /// It ended by itself with this code.
        case code(Int32)
        /// This signal ended it.
        case signal(Int32)
    }

    /// What the operating system knows it by.
    package let pid: Int32
    /// Where its output goes, standard output and error together.
    package let logPath: String
    private let ending: Ending

    /// Starts `executable`.
    ///
    /// - Parameters:
    ///   - executable: Path of the program; see `TestServers.appointmentsProgram()`.
    ///   - arguments: What follows its name on a command line.
    ///   - environment: All that it sees of the environment besides `PATH`, `HOME` and `TZ`: nothing leaks in from the
    ///     machine that runs the tests.
    ///   - logPath: File that its output is appended to, so that a restarted program goes on in the same log.
    /// - Throws: Where the file is no program or the log cannot be written.
    package init(
        _ executable: String, _ arguments: [String], environment: [String: String], logPath: String
    ) throws {
        if !FileManager.default.fileExists(atPath: logPath) {
            try Data().write(to: URL(fileURLWithPath: logPath))
        }
        let log = try FileHandle(forWritingTo: URL(fileURLWithPath: logPath))
        defer { try? log.close() }  // the child has a descriptor of its own
        try log.seekToEnd()

        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        let inherited = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME", "TZ"].contains($0.key) }
        process.environment = inherited.merging(environment) { _, ours in ours }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = log
        process.standardError = log
        let ending = Ending()
        process.terminationHandler = { ended in
            let status = ended.terminationStatus
            ending.report(ended.terminationReason == .exit ? .code(status) : .signal(status))
        }
        try process.run()
        pid = process.processIdentifier
        self.logPath = logPath
        self.ending = ending
    }

    deinit {
        if isRunning { kill(pid, SIGKILL) }  // a failed test leaves nothing behind
    }

    /// True until the process has ended.
    package var isRunning: Bool { exit == nil }

    /// How it ended, nil while it runs.
    package var exit: Exit? { ending.exit.withLock { $0 } }

    /// `kill -9`, at whatever it is doing, and waits until it is gone.
    ///
    /// - Throws: `NeverHappened`.
    package func crash() async throws {
        kill(pid, SIGKILL)
        _ = try await waitForExit(within: .seconds(60))
    }

    /// Asks it to stop (SIGTERM) and waits until it has drained and ended.
    ///
    /// - Returns: How it ended; a clean stop is `.code(0)`.
    /// - Throws: `NeverHappened` when it does not end within `deadline`.
    @discardableResult
    package func stop(within deadline: Duration = .seconds(30)) async throws -> Exit {
        kill(pid, SIGTERM)
        return try await waitForExit(within: deadline)
    }

    /// Asks it to stop as Ctrl-C does (SIGINT); waits for nothing.
    package func interrupt() { kill(pid, SIGINT) }

    /// Freezes it (SIGSTOP): it keeps its connections and leases and does nothing, until `thaw`.
    package func freeze() { kill(pid, SIGSTOP) }

    /// Lets a frozen process go on (SIGCONT), unaware of the time that has passed.
    package func thaw() { kill(pid, SIGCONT) }

    /// Waits until it has ended by itself.
    ///
    /// - Throws: `NeverHappened` when it does not end within `deadline`.
    package func waitForExit(within deadline: Duration) async throws -> Exit {
        try await eventually("\(name) ended", within: deadline) { exit }
    }

    /// Everything that it has written so far.
    package func output() -> String {
        (try? String(decoding: Data(contentsOf: URL(fileURLWithPath: logPath)), as: UTF8.self)) ?? ""
    }

    /// Waits until its output holds `text`; fails at once, with the end of the output, when it ended before.
    ///
    /// - Throws: `NeverHappened`, `EndedEarly`.
    package func waitForOutput(_ text: String, within deadline: Duration = .seconds(20)) async throws {
        let ended = try await eventually("\(name) wrote “\(text)”", within: deadline) { () -> Exit?? in
            if output().contains(text) { return .some(nil) }
            return exit.map { .some($0) }
        }
        if let ended { throw EndedEarly(name: name, exit: ended, lastOutput: String(output().suffix(2_000))) }
    }

    private var name: String { "process \(pid) (log \(logPath))" }
}

/// A program ended while a test still needed it.
package struct EndedEarly: Error, CustomStringConvertible {
    let name: String
    let exit: RunningProgram.Exit
    let lastOutput: String

    /// How it ended, and the end of what it wrote.
    package var description: String { "\(name) ended early, \(exit):\n\(lastOutput)" }
}

/// Where the thread that collects ended processes leaves its report.
private final class Ending: Sendable {
    let exit = Mutex<RunningProgram.Exit?>(nil)

    func report(_ how: RunningProgram.Exit) { exit.withLock { $0 = how } }
}
