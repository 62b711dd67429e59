package import Domain

/// Who did something to the system.
package struct OperationActor: Hashable, Sendable {
    /// `operator` of the replay command, or the role of a token.
    package let role: String
    /// `user@host` or the name that the operator gave, or the subject of a token.
    package let subject: String

    /// Names somebody.
    package init(role: String, subject: String) {
        self.role = role
        self.subject = subject
    }
}

/// One fact about an operation, with who brought it about.
package struct OperationFact: Hashable, Sendable {
    /// What happened.
    package var event: OperationRecorded
    /// Who did it.
    package var actor: OperationActor
    /// Ties it to a request; nil: the operation's own id.
    package var correlationID: String?

    /// Takes what is known.
    package init(_ event: OperationRecorded, by actor: OperationActor, correlationID: String? = nil) {
        self.event = event
        self.actor = actor
        self.correlationID = correlationID
    }

    /// Takes what is known, part by part.
    ///
    /// - Parameters:
    ///   - operation: Drawn once an operation; all its facts share it.
    ///   - kind: What is done.
    ///   - phase: How far it is.
    ///   - actor: Who does it.
    ///   - country: What it is narrowed to; `nowhere` for everything.
    ///   - reason: In words of the actor, cut after `OperationRecorded.reasonMax` characters.
    ///   - details: Scopes, counts, digests.
    package init(
        operation: OperationID, _ kind: OperationKind, _ phase: OperationPhase, by actor: OperationActor,
        country: CountryCode = .nowhere, reason: String? = nil, details: [OperationDetail] = []
    ) {
        self.init(
            OperationRecorded(
                operationID: operation, country: country, operation: kind, phase: phase, reason: reason,
                details: details),
            by: actor)
    }
}
