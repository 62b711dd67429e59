import Audit
import AuditReport
import Domain
import EventStore

/// A question of an auditor as a subcommand: what differs is only the question.
protocol AuditSubcommand: Subcommand {
    var query: AuditQuery { get }
    var options: AuditOptions { get }
}

extension AuditSubcommand {
    /// Help of a command whose answer is a list of events.
    static func eventsHelp(_ usage: String, _ purpose: String, _ examples: String) -> String {
        """
        replay audit \(usage): \(purpose), in the order of time.

        \(AuditOptions.pageHelp)
        \(AuditOptions.help)

        Each row: when it was recorded and when it happened, database, shard and position (the place in the sealed
        order; empty while there is none), event, stream and version, type, who, why, and the stored data. What was
        there when the question began is the answer, whatever is written meanwhile.

        Examples:
        \(examples)

        \(AuditOptions.csvNote)

        \(HelpTexts.exitCodes)

        """
    }

    /// - Returns: 0 answered, 1 the history is not the one that was sealed.
    /// - Throws: `SettingsError`, `UsageError` (2); `Unreachable` (3), also where the question cannot be recorded;
    ///   `Refusal` (4); `CancellationError` (130).
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        let isSealed =
            switch query {
            case .proof, .heads, .verification: true
            default: false
            }
        let actor = OperatorIdentity.current(environment)
        return try await Connections.with(environment) { connections in
            if let country = options.country {
                try Selection(models: [], country: country).check(connections.countries.keys)
            }
            let desk = try AuditOffice.desk(connections, environment, needsSeals: isSealed)
            let session = AuditSession(
                desk: desk, query: query, asker: AuditAsker(actor: actor, country: options.country), options: options)
            return try await session.run(console)
        }
    }
}
