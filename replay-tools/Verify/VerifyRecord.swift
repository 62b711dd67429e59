import Domain
import EventStore
import ProjectionRunner

/// Tells the sealed history that models were verified, by whom and with what outcome.
struct VerifyRecord: Sendable {
    private let log: OperationsLog
    private let operation: OperationID
    private let actor: OperationActor
    private let country: CountryCode
    private let details: [OperationDetail]

    init(_ connections: Connections, _ selection: Selection, by actor: OperationActor) {
        let identifiers = UUIDv7Source(clock: connections.clock)
        log = OperationsLog(booking: connections.booking.pool, identifiers: identifiers, clock: connections.clock)
        operation = OperationID(from: identifiers)
        self.actor = actor
        country = selection.country ?? .nowhere
        details = [OperationDetail("models", selection.models.map(\.rawValue).joined(separator: " "))]
    }

    /// Adds a fact.
    ///
    /// - Returns: Why it could not be added, as where the role may only read; nil: it is durable.
    func add(_ phase: OperationPhase, _ outcome: [OperationDetail] = []) async -> String? {
        do {
            try await log.record(
                OperationFact(
                    operation: operation, .verifyModels, phase, by: actor, country: country,
                    details: details + outcome))
            return nil
        } catch {
            return "this verification is not recorded: \(error)"
        }
    }

    /// How a verification ended that did not come to its end.
    func add(_ error: any Error) async {
        let phase: OperationPhase =
            switch error {
            case is CancellationError: .interrupted
            case is Refusal: .refused
            default: .failed
            }
        // Also after Ctrl-C, which cancels this task: the fact is written by another one.
        await Task { _ = await add(phase, [OperationDetail("cause", "\(error)")]) }.value
    }
}

extension VerificationOutcome {
    /// What is recorded of it: of each model both digests.
    var details: [OperationDetail] {
        var details = [
            OperationDetail("kind", kind.rawValue), OperationDetail("folded_at", "\(foldedAt)"),
            OperationDetail("events_read", eventsRead), OperationDetail("partitions", proofs.count),
            OperationDetail("unequal", unequalCount), OperationDetail("differences", differenceCount),
        ]
        for model in ModelName.allCases {
            let own = proofs.filter { $0.model == model }
            if own.isEmpty { continue }
            var (held, folded) = (ModelDigest(), ModelDigest())
            for proof in own {
                held.add(proof.held)
                folded.add(proof.expected)
            }
            details.append(OperationDetail("\(model.rawValue)_held", "\(held)"))
            details.append(OperationDetail("\(model.rawValue)_folded", "\(folded)"))
        }
        return details
    }
}
