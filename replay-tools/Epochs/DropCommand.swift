import Domain
import EventStore
import JSON
import ProjectionRunner

/// `replay drop`: deletes an epoch that nobody needs any more.
struct DropCommand: Subcommand {
    static let words = "drop"
    static let summary = "deletes an epoch that is not served: a kept one, a failed one, a shadow"
    static let help = """
        replay drop: deletes an epoch that readers are not answered from.

          --model availability|search   which model
          --epoch N                     which epoch, as 'replay status' shows them
          --reason TEXT                 why; goes on record
          --json                        one JSON object: drop

        It waits until no reader can hold the epoch any more and every lane of live projection has let go of it, then
        deletes its pages or documents in small steps. The number is never used again. After Ctrl-C, run the same
        command again: it goes on where it was. A kept epoch that was dropped cannot be rolled back to.

        Examples:
          replay drop --model availability --epoch 1
          replay drop --model search --epoch 4 --reason 'given up' --json

        \(HelpTexts.exitCodes)

        """

    /// How long after a swap a reader may still hold the epoch: what a process may believe, and then one request.
    private static let readersHold = ServedEpochs.trustedFor + .seconds(5)
    /// How long lanes may take to let go.
    private static let lanesHold = Duration.seconds(30)
    private static let pause = Duration.milliseconds(100)

    private let arguments: EpochArguments
    private let epoch: Int64

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        self.arguments = try EpochArguments(&arguments, takesEpoch: true)
        guard let epoch = self.arguments.epoch else {
            throw UsageError("which epoch? --epoch N, as 'replay status' shows them")
        }
        self.epoch = epoch
    }

    /// - Returns: 0 dropped.
    /// - Throws: `Unreachable` (exit code 3); `Refusal` (4); `CancellationError` (130), and it can be gone on with.
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        try await Connections.with(environment) { connections in
            let desk = EpochDesk(arguments.model, connections)
            let details = [
                OperationDetail("model", arguments.model.rawValue), OperationDetail("epoch", epoch),
            ]
            let heading = RecordedOperation.Heading(
                .drop, by: OperatorIdentity.current(environment), reason: arguments.reason, details: details)
            try await RecordedOperation.run(heading, connections, console) { operation in
                let record = try await desk.beginDrop(epoch)
                try await untilUnread(desk)
                try await untilUnwritten(desk)
                let erased = try await desk.erase(record) { count in
                    if console.errorIsTerminal { console.writeError("\r\u{1B}[K\(count) deleted") }
                }
                if console.errorIsTerminal { console.writeError("\r\u{1B}[K") }
                try await desk.finishDrop(epoch)
                console.write(text(erased, operation.id, console.style))
                return ((), [OperationDetail("erased", Int64(erased))])
            }
            return .success
        }
    }

    /// No reader may hold it: by the database's clock, like the moment at which it was swapped out.
    private func untilUnread(_ desk: EpochDesk) async throws {
        while true {
            let epochs = try await desk.epochs()
            guard let left = epochs[epoch]?.leftAt else { return }
            let seconds = Double(epochs.readAt.microseconds - left.microseconds) / 1_000_000
            if .seconds(seconds) >= Self.readersHold { return }
            try await Task.sleep(for: Self.pause)
        }
    }

    private func untilUnwritten(_ desk: EpochDesk) async throws {
        let deadline = ContinuousClock.now + Self.lanesHold
        while true {
            let writers = try await desk.writers(of: epoch)
            if writers.isEmpty { return }
            guard ContinuousClock.now < deadline else {
                let error = EpochError.stillWritten(epoch: epoch, writers)
                throw Refusal(missing: [
                    "\(arguments.model.rawValue): \(error)", "run the same command again: it goes on where it was",
                ])
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    private func text(_ erased: Int, _ operation: OperationID, _ style: TextStyle) -> String {
        let things = arguments.model == .availability ? "pages and checkpoints" : "documents and names"
        guard arguments.isJSON else {
            return style.good("\(arguments.model.rawValue) epoch \(epoch) is dropped: \(erased) \(things) deleted")
                + "\n"
        }
        var lines = JSONLines()
        lines.add("drop") { writer in
            writer.key("model")
            writer.string(arguments.model.rawValue)
            writer.member("epoch", epoch)
            writer.member("erased", Int64(erased))
            writer.key("operation")
            writer.string("\(operation)")
        }
        return lines.text
    }
}
