import Testing

@testable import replay

/// What `--help` says is what the program takes.
struct HelpTests {
    struct Page: CustomTestStringConvertible, Sendable {
        let words: String

        var testDescription: String { "replay \(words) --help" }
    }

    /// Every subcommand, and every word that several begin with.
    static let pages: [Page] = {
        let words = Subcommands.all.map { $0.words }
        let groups = Set(words.compactMap { $0.split(separator: " ").dropLast().first.map(String.init) })
        return (words + groups.sorted()).map { Page(words: $0) }
    }()

    @Test("has examples, and each example is a line that its command takes", arguments: pages)
    func hasExamples(_ page: Page) async throws {
        let help = try await help(page.words)
        let examples = help.split(separator: "\n").drop { $0 != "Examples:" }.dropFirst()
            .prefix { $0.hasPrefix("  ") }.map { $0.dropFirst(2) }
        #expect(!examples.isEmpty, "\(help)")
        #expect(examples.contains { $0.hasPrefix("replay \(page.words)") }, "examples of itself")
        for example in examples {
            var words = Self.words(of: example)
            #expect(words.first == "replay", "\(example)")
            words.removeFirst()
            let found = try #require(Subcommands.find(words), "\(example)")
            if words.contains("--plan") { continue }  // the file is read at once
            do {
                var arguments = ArgumentReader(words.dropFirst(found.count))
                _ = try found.type.init(&arguments)
            } catch {
                Issue.record("\(example): \(error.message)")
            }
        }
    }

    @Test(
        "of several commands names each of them, what they need, and how they end", arguments: GroupHelp.all.map(\.word)
    )
    func ofAGroup(_ word: String) async throws {
        let help = try await help(word)
        for command in Subcommands.all where command.words.hasPrefix("\(word) ") {
            #expect(help.contains("  replay \(command.words) "), "\(help)")
            #expect(help.contains(command.summary))
        }
        #expect(help.contains("set -a; . .run/env; set +a"))
        #expect(help.contains("HISTORY_PUBLIC_KEY") == (word != "quarantine"))
        #expect(help.contains(HelpTexts.exitCodes))
        #expect(help.split(separator: "\n").allSatisfy { $0.count <= 120 }, "fits into a window")
    }

    private func help(_ words: String) async throws -> String {
        let captured = CapturedConsole()
        let arguments = ["replay"] + words.split(separator: " ").map(String.init) + ["--help"]
        let code = await ReplayProgram(environment: [:], console: captured.console).run(arguments)
        #expect(code == .success && captured.complaint.isEmpty)
        return captured.answer
    }

    /// The words of one command of a shell, single quotes honoured; what is piped elsewhere is not ours.
    private static func words(of line: Substring) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        for character in line {
            switch character {
            case "'":
                isQuoted.toggle()
                word = word ?? ""
            case " " where !isQuoted:
                if let done = word { words.append(done) }
                word = nil
            case "|" where !isQuoted: return words
            default: word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }
}
