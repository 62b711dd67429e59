import EventStore
import ProjectionRunner

/// `replay quarantine retry`: lets somebody go on whose event can be taken in by now.
struct QuarantineRetryCommand: Subcommand {
    static let words = "quarantine retry"
    static let summary = "tries again, and drains what waits in its order"
    static let help = """
        replay quarantine retry ID: tries again, after a deploy that can read the event.

          ID             as 'replay quarantine list' shows it, such as availability-12
          --all          everybody who waits, instead of an ID; --model narrows it
          --model M      availability, search, calendars or all (with --all)
          --reason TEXT  why; goes on record
          --wait SECONDS how long nothing may happen (30)
          --json         one JSON object a line: outcome, retry

        The live lane that writes the partition carries it out within a second or so: it folds everything of the
        practitioner again out of the event store, in order, the waiting events included. If an event still cannot be
        taken in, the practitioner stays in quarantine, and the reason is said.

        Examples:
          replay quarantine retry availability-12
          replay quarantine retry --all
          replay quarantine retry --all --model search --reason 'release 4.2 reads version 2'

        Exit codes: 0 all went on · 1 some cannot be taken in still · 2 wrong usage · 3 a dependency, or every live
                    lane, is unreachable · 4 refused: does not wait any more · 130 interrupted, what was asked is
                    taken back

        """

    private let reference: QuarantineReference?
    private let models: [QuarantineModel]
    private let reason: String?
    private let patience: QuarantinePatience
    private let isJSON: Bool

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        let isAll = arguments.flag("--all")
        reason = try arguments.option("--reason")
        patience = try QuarantinePatience(&arguments)
        isJSON = arguments.flag("--json")
        models = isAll ? try QuarantineModel.models(&arguments) : []
        let word = arguments.word()
        guard (word == nil) == isAll else {
            throw UsageError("one ID, as 'replay quarantine list' shows them, or --all")
        }
        reference = try word.map { text throws(UsageError) in try QuarantineReference(text) }
        try arguments.finish()
    }

    /// - Returns: 0 all went on, 1 some did not.
    /// - Throws: `Unreachable` (exit code 3); `Refusal` (4).
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        try await Connections.with(environment) { connections in
            let desk = QuarantineDesk(connections: connections)
            let entries: [QuarantineEntry]
            if let reference {
                entries = [try await desk.entry(reference)]
            } else {
                entries = try await desk.entries(of: models)
            }
            let action = QuarantineAction(
                wish: .retry, reason: reason, patience: patience, isJSON: isJSON, desk: desk)
            return try await action.run(for: entries, environment, console)
        }
    }
}

/// `replay quarantine skip`: does without the one event, then goes on.
struct QuarantineSkipCommand: Subcommand {
    static let words = "quarantine skip"
    static let summary = "does without the one event for good, and drains what waits behind it"
    static let help = """
        replay quarantine skip ID --reason TEXT: does without the one event, for good.

          ID             as 'replay quarantine list' shows it, such as availability-12
          --reason TEXT  why; goes on record, needed
          --wait SECONDS how long nothing may happen (30)
          --json         one JSON object a line: outcome, skip

        Exactly the event for which the practitioner waits is left out of this model, also when it is built anew; its
        events behind that are taken in, in order. The event stays in the history, which is sealed. If another event
        cannot be taken in either, the practitioner waits for that one then. 'replay quarantine list --history' keeps
        showing what was skipped.

        Examples:
          replay quarantine skip availability-12 --reason 'a test event of 3 May, never real'

        Exit codes: 0 went on · 1 waits for another event now · 2 wrong usage · 3 a dependency, or every live lane, is
                    unreachable · 4 refused: does not wait any more · 130 interrupted, what was asked is taken back

        """

    private let reference: QuarantineReference
    private let reason: String
    private let patience: QuarantinePatience
    private let isJSON: Bool

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        let given = try arguments.option("--reason")
        patience = try QuarantinePatience(&arguments)
        isJSON = arguments.flag("--json")
        guard let text = arguments.word() else { throw UsageError("which one? 'replay quarantine list' shows them") }
        reference = try QuarantineReference(text)
        guard let reason = given, !reason.isEmpty else {
            throw UsageError("--reason says why the event is left out for good; it goes on record")
        }
        self.reason = reason
        try arguments.finish()
    }

    /// - Returns: 0 went on, 1 did not.
    /// - Throws: `Unreachable` (exit code 3); `Refusal` (4).
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        try await Connections.with(environment) { connections in
            let desk = QuarantineDesk(connections: connections)
            let entry = try await desk.entry(reference)
            let action = QuarantineAction(
                wish: .skip, reason: reason, patience: patience, isJSON: isJSON, desk: desk)
            return try await action.run(for: [entry], environment, console)
        }
    }
}
