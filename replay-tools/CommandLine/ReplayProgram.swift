import Configuration

/// Chooses the subcommand and turns what went wrong into one line and an exit code.
struct ReplayProgram {
    let environment: [String: String]
    let console: Console

    /// Subcommands that the contract names and that are not built yet.
    private static let notBuilt: Set<String> = [
        "plan", "rebuild", "diff", "swap", "rollback", "drop", "verify history", "quarantine", "audit",
    ]

    /// Runs with the program's name and what it was given, and says how to end.
    func run(_ arguments: [String]) async -> ExitCode {
        do {
            return try await runSubcommand(ArgumentReader(arguments.dropFirst()))
        } catch  where error is CancellationError || Task.isCancelled {
            return .interrupted
        } catch let error as UsageError {
            console.complain("\(error.message) (replay help)")
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
        } catch {
            console.complain("the history cannot be read: \(error)")
            return .differs
        }
    }

    private func runSubcommand(_ arguments: ArgumentReader) async throws -> ExitCode {
        var arguments = arguments
        let wantsHelp = arguments.flag("--help", "-h")
        guard let name = arguments.word() else {
            try arguments.finish()
            if wantsHelp { return show(HelpTexts.program) }
            throw UsageError("no subcommand was given")
        }
        switch name {
        case "help": return show(HelpTexts.program)
        case "status":
            return wantsHelp ? show(HelpTexts.status) : try await StatusCommand(&arguments).run(environment, console)
        case "verify":
            switch arguments.word() {
            case "models":
                if wantsHelp { return show(HelpTexts.verify) }
                return try await VerifyCommand(&arguments).run(environment, console)
            case nil where wantsHelp: return show(HelpTexts.verify)
            case nil: throw UsageError("verify what? 'replay verify models'")
            case let what?: throw unknown("verify \(what)")
            }
        default: throw unknown(name)
        }
    }

    private func unknown(_ name: String) -> UsageError {
        Self.notBuilt.contains(name)
            ? UsageError("'\(name)' is not built yet") : UsageError("unknown subcommand '\(name)'")
    }

    private func show(_ text: String) -> ExitCode {
        console.write(text)
        return .success
    }
}
