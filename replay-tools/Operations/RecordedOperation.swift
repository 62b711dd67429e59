import Domain
import EventStore

/// One thing that an operator does: its beginning and its end are facts of the sealed history.
struct RecordedOperation: Sendable {
    /// What is done, by whom and why.
    struct Heading: Sendable {
        let kind: OperationKind
        let actor: OperationActor
        /// In the operator's words.
        let reason: String?
        /// What it is about; goes with every fact.
        let details: [OperationDetail]

        init(_ kind: OperationKind, by actor: OperationActor, reason: String? = nil, details: [OperationDetail]) {
            self.kind = kind
            self.actor = actor
            self.reason = reason
            self.details = details
        }
    }

    /// Names the operation in the history.
    let id: OperationID
    private let heading: Heading
    private let log: OperationsLog
    private let console: Console

    private init(_ heading: Heading, _ connections: Connections, _ console: Console) {
        let identifiers = UUIDv7Source(clock: connections.clock)
        id = OperationID(from: identifiers)
        self.heading = heading
        self.console = console
        log = OperationsLog(booking: connections.booking.pool, identifiers: identifiers, clock: connections.clock)
    }

    /// Records that the operation begins, does it, and records how it ended.
    ///
    /// - Parameters:
    ///   - heading: What is done, by whom and why.
    ///   - connections: Where the history is.
    ///   - console: Told where the end could not be recorded.
    ///   - body: Does it and says what came out.
    /// - Returns: What `body` gave.
    /// - Throws: `Unreachable` where the beginning cannot be recorded, and then nothing was done; what `body` throws.
    static func run<T>(
        _ heading: Heading, _ connections: Connections, _ console: Console,
        _ body: (RecordedOperation) async throws -> (T, [OperationDetail])
    ) async throws -> T {
        let operation = RecordedOperation(heading, connections, console)
        do {
            try await operation.record(.started)
        } catch let error as OperationsLogError {
            throw Unreachable(dependency: connections.booking.dependency, reason: error.description)
        }
        do {
            let (result, outcome) = try await body(operation)
            await operation.end(.finished, outcome)
            return result
        } catch {
            await operation.end(operation.phase(of: error), [OperationDetail("cause", Self.words(error))])
            throw error
        }
    }

    /// Does what comes before an operation, such as finding out whether it may begin; a refusal is a fact, too.
    ///
    /// - Returns: What `body` gave.
    /// - Throws: What `body` throws.
    static func recordingRefusals<T>(
        _ heading: Heading, _ connections: Connections, _ console: Console, _ body: () async throws -> T
    ) async throws -> T {
        do {
            return try await body()
        } catch let refusal as Refusal {
            let operation = RecordedOperation(heading, connections, console)
            await operation.end(.refused, [OperationDetail("cause", Self.words(refusal))])
            throw refusal
        }
    }

    /// Records how it ended, also after Ctrl-C, which cancels this task: another one writes the fact.
    ///
    /// What was done stays done where that fails; the operator is told what the history lacks.
    private func end(_ phase: OperationPhase, _ outcome: [OperationDetail]) async {
        do {
            try await Task { try await record(phase, outcome) }.value
        } catch {
            console.complain(
                "not on record: that operation \(id) (\(heading.kind.rawValue)) is \(phase.rawValue): \(error)")
        }
    }

    private func record(_ phase: OperationPhase, _ outcome: [OperationDetail] = []) async throws {
        try await log.record(
            OperationFact(
                operation: id, heading.kind, phase, by: heading.actor, reason: heading.reason,
                details: heading.details + outcome))
    }

    private func phase(of error: any Error) -> OperationPhase {
        switch error {
        case is CancellationError: .interrupted
        case is Refusal: .refused
        default: .failed
        }
    }

    private static func words(_ error: any Error) -> String {
        (error as? Refusal)?.missing.joined(separator: "; ") ?? "\(error)"
    }
}
