/// One thing that the program does: its words, what `--help` says of it, and how it runs.
protocol Subcommand: Sendable {
    /// The words that call it, such as `verify models`.
    static var words: String { get }
    /// What it is for, in the overview: one line, at most 80 characters.
    static var summary: String { get }
    /// Options, examples and exit codes; ends with an empty line.
    static var help: String { get }

    /// Takes its options out of the arguments; what is left over must be refused (`ArgumentReader.finish`).
    ///
    /// - Throws: `UsageError`.
    init(_ arguments: inout ArgumentReader) throws(UsageError)

    /// Does it.
    ///
    /// - Throws: `SettingsError` and `UsageError` (exit code 2), `Unreachable` (3), `Refusal` (4), `CancellationError`
    ///   (130).
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode
}

/// All subcommands, in the order of the overview.
enum Subcommands {
    static let all: [any Subcommand.Type] = [
        StatusCommand.self,
        VerifyCommand.self,
        VerifyHistoryCommand.self,
        PlanCommand.self,
        RebuildCommand.self,
        DiffCommand.self,
        SwapCommand.self,
        RollbackCommand.self,
        DropCommand.self,
        QuarantineListCommand.self,
        QuarantineShowCommand.self,
        QuarantineRetryCommand.self,
        QuarantineSkipCommand.self,
        AuditBookingCommand.self,
        AuditPractitionerCommand.self,
        AuditPatientCommand.self,
        AuditEventsCommand.self,
        AuditAvailabilityCommand.self,
        AuditWhyCommand.self,
        AuditProofCommand.self,
        AuditHeadsCommand.self,
        AuditVerifyCommand.self,
    ]

    /// Finds the subcommand that these words begin with, and how many words it takes.
    static func find(_ words: [String]) -> (type: any Subcommand.Type, count: Int)? {
        for type in all {
            let own = type.words.split(separator: " ").map(String.init)
            if words.starts(with: own) { return (type, own.count) }
        }
        return nil
    }

    /// What can follow these words, such as `models` and `history` after `verify`; empty where nothing can.
    static func following(_ words: [String]) -> [String] {
        all.map { $0.words.split(separator: " ").map(String.init) }
            .filter { $0.count > words.count && $0.starts(with: words) }
            .map { $0[words.count] }
    }
}
