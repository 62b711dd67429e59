import Foundation

/// A script that a test runs and waits for.
package enum Script {
    /// The folder that this package lies in.
    package static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path

    /// Foundation believes that a process runs as long as anybody has the descriptor by which it watches it: servers
    /// that a script leaves running must not inherit it.
    private static let closingDescriptors = """
        for path in /proc/self/fd/*; do fd=${path##*/}; if [ "$fd" -gt 2 ]; then exec {fd}>&-; fi; done; exec "$@"
        """

    /// Runs a script that may leave servers running.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - arguments: What follows its name.
    ///   - logPath: File that its output is appended to.
    /// - Returns: What it wrote this time.
    /// - Throws: `ScriptFailed` with its output unless it ends with 0 within three minutes: a busy machine starts a JVM
    ///   slowly.
    @discardableResult
    package static func run(_ path: String, _ arguments: [String], logPath: String) async throws -> String {
        let before = (try? Data(contentsOf: URL(fileURLWithPath: logPath)).count) ?? 0
        let program = try RunningProgram(
            "/bin/bash", ["-c", closingDescriptors, "bash", path] + arguments, environment: [:], logPath: logPath)
        let exit = try await program.waitForExit(within: .seconds(180))
        guard exit == .code(0) else {
            throw ScriptFailed(
                command: ([path] + arguments).joined(separator: " "), output: String(program.output().suffix(2_000)))
        }
        return String(decoding: Array(program.output().utf8).dropFirst(before), as: UTF8.self)
    }
}

/// A script that a test needs did not do its work.
package struct ScriptFailed: Error, CustomStringConvertible {
    let command: String
    let output: String

    /// Says what failed.
    ///
    /// - Parameters:
    ///   - command: The command line, or what was done.
    ///   - output: What it said.
    package init(command: String, output: String) {
        self.command = command
        self.output = output
    }

    /// The command and what it said.
    package var description: String { "\(command) failed:\n\(output)" }
}
