import Testing

@testable import replay

/// What holds of every command, the ones of tomorrow included.
struct EveryCommandTests {
    /// One of `Subcommands.all`.
    struct Command: CustomTestStringConvertible, Sendable {
        let type: any Subcommand.Type

        var words: [String] { type.words.split(separator: " ").map(String.init) }
        var testDescription: String { type.words }
    }

    static let all = Subcommands.all.map(Command.init)

    private func run(_ arguments: [String]) async -> (code: ExitCode, answer: String, complaint: String) {
        let captured = CapturedConsole()
        let code = await ReplayProgram(environment: [:], console: captured.console).run(["replay"] + arguments)
        return (code, captured.answer, captured.complaint)
    }

    @Test("what it does not know is wrong usage: exit code 2, a hint to its own help, and no answer", arguments: all)
    func refusesNonsense(_ command: Command) async {
        let ended = await run(command.words + ["--nonsense"])
        #expect(ended.code == .usage)
        #expect(ended.answer.isEmpty)
        #expect(ended.complaint.hasSuffix("(replay \(command.type.words) --help)\n"), "\(ended.complaint)")
        #expect(ended.complaint.split(separator: "\n").count == 1, "one line: \(ended.complaint)")
        let before = await run(["--nonsense"] + command.words)
        #expect(before.code == .usage && before.answer.isEmpty && before.complaint.contains("help"))
    }

    @Test("its help names it, its options, an example that calls it, and the exit codes", arguments: all)
    func helps(_ command: Command) async throws {
        let ended = await run(command.words + ["--help"])
        #expect(ended.code == .success && ended.complaint.isEmpty)
        #expect(ended.answer.hasPrefix("replay \(command.type.words)"))
        let examples = try #require(ended.answer.split(separator: "Examples:", maxSplits: 1).dropFirst().first)
        #expect(examples.contains("replay \(command.type.words)"))
        #expect(ended.answer.contains("Exit codes: 0 "))
        #expect(ended.answer.hasSuffix("\n"))
        #expect(command.type.summary.count <= 80)
    }

    @Test("the overview names every command, and each is found by its own words", arguments: all)
    func isFound(_ command: Command) async {
        let ended = await run(["help"])
        #expect(ended.answer.contains("replay \(command.type.words) "))
        let found = Subcommands.find(command.words)
        #expect(found?.type.words == command.type.words && found?.count == command.words.count)
    }
}
