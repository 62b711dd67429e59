import Domain
import EventStore
import JSON
import ProjectionRunner

/// `replay swap`: answers readers from an epoch that was rebuilt.
struct SwapCommand: Subcommand {
    static let words = "swap"
    static let summary = "answers readers from the epoch that a rebuild has made ready"
    static let help = """
        replay swap: answers readers from another epoch, all of them within 50 ms.

          --model availability|search   which model
          --epoch N                     which epoch (default: the newest one that is ready)
          --reason TEXT                 why; goes on record
          --json                        one JSON object: swap

        The epoch must have been compared with a fold of the event stores and found equal, live projection must write
        it in every partition, and it must have all that readers have seen. What is missing is said, and nothing
        changes. The epoch that was served is kept current, so that 'replay rollback' is instant, until 'replay drop'.

        Examples:
          replay swap --model availability
          replay swap --model search --epoch 7 --reason 'new specialties'

        \(HelpTexts.exitCodes)

        """

    private let arguments: EpochArguments

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        self.arguments = try EpochArguments(&arguments, takesEpoch: true)
    }

    /// - Returns: 0 swapped.
    /// - Throws: `Unreachable` (exit code 3); `Refusal` (4).
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        try await Connections.with(environment) { connections in
            let desk = EpochDesk(arguments.model, connections)
            let epochs = try await desk.epochs()
            let heading = RecordedOperation.Heading(
                .swap, by: OperatorIdentity.current(environment), reason: arguments.reason,
                details: [OperationDetail("model", arguments.model.rawValue)])
            let target = try await RecordedOperation.recordingRefusals(heading, connections, console) {
                guard let target = arguments.epoch ?? Self.newest(of: epochs) else {
                    throw Refusal(missing: Self.hints(arguments.model, epochs))
                }
                return target
            }
            let change = EpochChange(arguments: arguments, desk: desk, connections: connections)
            return try await change.run(.swap, from: epochs, to: target, environment, console)
        }
    }

    /// The newest epoch that is ready; one that is older than what is served is never meant without its number.
    private static func newest(of epochs: ModelEpochs) -> Int64? {
        epochs.epochs.last { $0.state == .ready && $0.number > epochs.served }?.number
    }

    private static func hints(_ model: ModelName, _ epochs: ModelEpochs) -> [String] {
        let others = epochs.epochs.filter { $0.number != epochs.served && $0.state != .dropped }
        let missing =
            others.isEmpty
            ? "no epoch is ready: only the served one, \(epochs.served), is there"
            : "no epoch newer than the served one, \(epochs.served), is ready"
        return ["\(model.rawValue): \(missing)"]
            + others.filter { [.ready, .kept].contains($0.state) }.map { other in
                "epoch \(other.number) is \(other.state.rawValue): "
                    + "replay swap --model \(model.rawValue) --epoch \(other.number)"
            } + ["a new one: replay rebuild --model \(model.rawValue)"]
    }
}

/// `replay rollback`: answers readers from the epoch that was served before.
struct RollbackCommand: Subcommand {
    static let words = "rollback"
    static let summary = "answers readers from the epoch that was served before the last swap"
    static let help = """
        replay rollback: answers readers from the epoch that was served before the last swap.

          --model availability|search   which model
          --reason TEXT                 why; goes on record
          --json                        one JSON object: swap

        Live projection keeps that epoch current until it is dropped, so nothing has to be built. Running it again goes
        forward again.

        Examples:
          replay rollback --model availability --reason 'closed days show as open'
          replay rollback --model search --json

        \(HelpTexts.exitCodes)

        """

    private let arguments: EpochArguments

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        self.arguments = try EpochArguments(&arguments, takesEpoch: false)
    }

    /// - Returns: 0 rolled back.
    /// - Throws: `Unreachable` (exit code 3); `Refusal` (4).
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        try await Connections.with(environment) { connections in
            let desk = EpochDesk(arguments.model, connections)
            let epochs = try await desk.epochs()
            let heading = RecordedOperation.Heading(
                .rollback, by: OperatorIdentity.current(environment), reason: arguments.reason,
                details: [OperationDetail("model", arguments.model.rawValue)])
            let target = try await RecordedOperation.recordingRefusals(heading, connections, console) {
                try await desk.rollbackTarget()
            }
            let change = EpochChange(arguments: arguments, desk: desk, connections: connections)
            return try await change.run(.rollback, from: epochs, to: target, environment, console)
        }
    }
}

extension EpochRecord {
    /// What proves that it may be served, for the record; empty where nothing does.
    var proof: [OperationDetail] {
        [
            heldDigest.map { OperationDetail("held_digest", $0) },
            foldedDigest.map { OperationDetail("folded_digest", $0) },
        ].compactMap { $0 }
    }
}

/// A swap or a rollback, recorded and told.
private struct EpochChange {
    let arguments: EpochArguments
    let desk: EpochDesk
    let connections: Connections

    func run(
        _ kind: EpochSwap.Kind, from epochs: ModelEpochs, to target: Int64, _ environment: [String: String],
        _ console: Console
    ) async throws -> ExitCode {
        let actor = OperatorIdentity.current(environment)
        let details = [
            OperationDetail("model", arguments.model.rawValue), OperationDetail("from_epoch", epochs.served),
            OperationDetail("to_epoch", target),
        ]
        let heading = RecordedOperation.Heading(
            kind == .swap ? .swap : .rollback, by: actor, reason: arguments.reason, details: details)
        try await RecordedOperation.run(heading, connections, console) { operation in
            let (swap, took) = try await desk.swap(to: target, expecting: epochs.fence, kind, by: actor.subject)
            console.write(text(swap, took, operation.id, console.style))
            return ((), [OperationDetail("fence", swap.fence)] + (epochs[target]?.proof ?? []))
        }
        return .success
    }

    private func text(_ swap: EpochSwap, _ took: Duration, _ operation: OperationID, _ style: TextStyle) -> String {
        let milliseconds = Double(took.components.attoseconds) / 1e15 + Double(took.components.seconds) * 1_000
        guard arguments.isJSON else {
            let verb = swap.kind == .swap ? "swapped" : "rolled back"
            return style.good(
                "\(arguments.model.rawValue) \(verb) from epoch \(swap.from) to epoch \(swap.to) in "
                    + "\((milliseconds * 10).rounded() / 10) ms")
                + "\nepoch \(swap.from) is kept current: 'replay rollback --model \(arguments.model.rawValue)' goes "
                + "back, 'replay drop --model \(arguments.model.rawValue) --epoch \(swap.from)' gives it up\n"
        }
        var lines = JSONLines()
        lines.add("swap") { writer in
            writer.key("model")
            writer.string(arguments.model.rawValue)
            writer.key("kind")
            writer.string(swap.kind.rawValue)
            writer.member("from", swap.from)
            writer.member("to", swap.to)
            writer.member("fence", swap.fence)
            writer.member("at", swap.at)
            writer.member("milliseconds", milliseconds)
            writer.key("operation")
            writer.string("\(operation)")
        }
        return lines.text
    }
}
