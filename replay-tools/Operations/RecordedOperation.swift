import Domain
import EventStore

/// One thing that an operator does: its beginning and its end are facts of the sealed history.
struct RecordedOperation: Sendable {
    /// Names the operation in the history.
    let id: OperationID
    private let kind: OperationKind
    private let actor: OperationActor
    private let reason: String?
    private let details: [OperationDetail]
    private let log: OperationsLog

    /// Records that the operation begins, does it, and records how it ended.
    ///
    /// - Parameters:
    ///   - kind: What is done.
    ///   - connections: Where the history is.
    ///   - actor: Who does it.
    ///   - reason: In the operator's words.
    ///   - details: What it is about; goes with every fact.
    ///   - body: Does it and says what came out.
    /// - Returns: What `body` gave.
    /// - Throws: `Unreachable` where the beginning cannot be recorded, and then nothing was done; what `body` throws.
    static func run<T>(
        _ kind: OperationKind, _ connections: Connections, by actor: OperationActor, reason: String?,
        details: [OperationDetail], _ body: (RecordedOperation) async throws -> (T, [OperationDetail])
    ) async throws -> T {
        let identifiers = UUIDv7Source(clock: connections.clock)
        let operation = RecordedOperation(
            id: OperationID(from: identifiers), kind: kind, actor: actor, reason: reason, details: details,
            log: OperationsLog(booking: connections.booking.pool, identifiers: identifiers, clock: connections.clock))
        do {
            try await operation.record(.started)
        } catch let error as OperationsLogError {
            throw Unreachable(dependency: connections.booking.dependency, reason: error.description)
        }
        do {
            let (result, outcome) = try await body(operation)
            try? await operation.record(.finished, outcome)  // done is done; the beginning is on record
            return result
        } catch {
            // Also after Ctrl-C, which cancels this task: the fact is written by another one.
            let phase = operation.phase(of: error)
            await Task { try? await operation.record(phase, [OperationDetail("cause", "\(error)")]) }.value
            throw error
        }
    }

    private func record(_ phase: OperationPhase, _ outcome: [OperationDetail] = []) async throws {
        try await log.record(
            OperationFact(operation: id, kind, phase, by: actor, reason: reason, details: details + outcome))
    }

    private func phase(of error: any Error) -> OperationPhase {
        switch error {
        case is CancellationError: .interrupted
        case is Refusal: .refused
        default: .failed
        }
    }
}
