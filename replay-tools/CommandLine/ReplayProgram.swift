import Configuration
import Domain
import EventStore
import ProjectionRunner

/// Chooses the subcommand and turns what went wrong into one line and an exit code.
struct ReplayProgram {
    let environment: [String: String]
    let console: Console

    /// Runs with the program's name and what it was given, and says how to end.
    func run(_ arguments: [String]) async -> ExitCode {
        do {
            return try await runSubcommand(ArgumentReader(arguments.dropFirst()))
        } catch  where error is CancellationError || Task.isCancelled {
            return .interrupted
        } catch let error as UsageError {
            let words = ArgumentReader(arguments.dropFirst()).words
            let group = words.first.flatMap { Subcommands.following([$0]).isEmpty ? nil : "\($0) --help" }
            let hint = Subcommands.find(words).map { "\($0.type.words) --help" } ?? group ?? "help"
            console.complain("\(error.message) (replay \(hint))")
            return .usage
        } catch let error as SettingsError {
            for line in error.lines { console.complain(line) }
            return .usage
        } catch let error as Unreachable {
            console.complain("\(error.dependency) cannot be asked: \(error.reason)")
            return .unreachable
        } catch let error as Refusal {
            for line in error.missing { console.complain("refused: \(line)") }
            return .refused
        } catch let error as EventDecodingError {
            console.complain(
                "the history cannot be read: \(error.type.name) version \(error.type.dataVersion): \(error.fault)")
            return .differs
        } catch {
            console.complain("the history cannot be read: \(error)")
            return .differs
        }
    }

    private func runSubcommand(_ arguments: ArgumentReader) async throws -> ExitCode {
        var arguments = arguments
        let wantsHelp = arguments.flag("--help", "-h")
        let words = arguments.words
        if words.isEmpty {
            try arguments.finish()
            if wantsHelp { return show(HelpTexts.program) }
            throw UsageError("no subcommand was given")
        }
        if words == ["help"] { return show(HelpTexts.program) }
        guard let found = Subcommands.find(words) else { return try refuse(words, wantsHelp) }
        if wantsHelp { return show(found.type.help) }
        for _ in 0..<found.count { _ = arguments.word() }
        return try await found.type.init(&arguments).run(environment, console)
    }

    /// Words that are no subcommand: the beginning of some, or of none.
    private func refuse(_ words: [String], _ wantsHelp: Bool) throws(UsageError) -> ExitCode {
        for count in stride(from: words.count, to: 0, by: -1) {
            let known = Array(words.prefix(count))
            let following = Subcommands.following(known)
            if following.isEmpty { continue }
            if wantsHelp { return show(HelpTexts.overview(of: known)) }
            let name = known.joined(separator: " ")
            guard count < words.count else {
                throw UsageError("\(name) what? one of \(following.joined(separator: ", "))")
            }
            throw UsageError(
                "unknown subcommand '\(name) \(words[count])'; one of \(following.joined(separator: ", "))")
        }
        throw UsageError("unknown subcommand '\(words[0])'")
    }

    private func show(_ text: String) -> ExitCode {
        console.write(text)
        return .success
    }
}
