import Foundation
import TestSupport

/// A folder that looks like this checkout after `make up`, so that lines of the documents run in it as they stand.
struct Checkout: Sendable {
    /// Absolute.
    let path: String
    private let logPath: String

    /// Writes what `make up` leaves under `.run/` of a running system, for an auditor.
    ///
    /// - Throws: Where it cannot be written; `MissingServer`; `IssuerError`.
    init(of system: SystemUnderTest) throws {
        path = "\(system.folder.path)/checkout"
        logPath = system.folder.log(of: "checkout")
        let files = FileManager.default
        for folder in [".run/tokens", ".build/release"] {
            try files.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
        }
        for (link, target) in [
            (".build/release/replay", try TestServers.replayProgram()),
            (".run/history", "\(system.folder.path)/history"),
        ] where !files.fileExists(atPath: "\(path)/\(link)") {
            try files.createSymbolicLink(atPath: "\(path)/\(link)", withDestinationPath: target)
        }
        let member = try system.member(answering: "/fr/v1/audit/heads")
        var settings = system.settingsOfPrograms
        settings["API_URL"] = "http://127.0.0.1:\(member.port)"
        settings["OPS_URL"] = "http://127.0.0.1:\(member.operationsPort)"
        let lines = settings.sorted { $0.key < $1.key }.map { "\($0.key)='\($0.value)'\n" }
        try write(lines.joined(), to: ".run/env")
        try write(try system.caller("auditor").token, to: ".run/tokens/auditor.jwt")
    }

    /// Runs lines of a shell in this folder; the first that fails ends them.
    ///
    /// - Returns: How they ended, and all that they said.
    func run(_ lines: String, within deadline: Duration = .seconds(120)) async throws -> (
        exit: RunningProgram.Exit, output: String
    ) {
        let log = "\(logPath)-\(UUID().uuidString.prefix(8)).log"
        let shell = try RunningProgram(
            "/bin/bash", ["-euo", "pipefail", "-c", "cd \"$1\"\n\(lines)", "bash", path], environment: [:], logPath: log
        )
        return (try await shell.waitForExit(within: deadline), shell.output())
    }

    private func write(_ text: String, to file: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(file)"))
    }
}

/// What a document of this checkout tells its reader to type.
enum DocumentedLines {
    /// All shell blocks below a heading, up to the next one.
    ///
    /// - Throws: Where there is no such document, heading or block.
    static func read(_ document: String, _ heading: String) throws -> String {
        let text = try String(contentsOfFile: "\(Script.checkout)/\(document)", encoding: .utf8)
        var blocks: [Substring] = []
        var (isBelow, isShell, isBlock) = (false, false, false)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isBlock.toggle()
                isShell = isBlock && line == "```sh"
            } else if !isBlock, line.hasPrefix("#") {
                isBelow = line.drop { $0 == "#" } == " \(heading)"
            } else if isBelow, isShell {
                blocks.append(line)
            }
        }
        guard !blocks.isEmpty else { throw NothingDocumented(document: document, heading: heading) }
        return blocks.joined(separator: "\n")
    }
}

/// A document has no shell block below this heading.
struct NothingDocumented: Error {
    let document: String
    let heading: String
}
