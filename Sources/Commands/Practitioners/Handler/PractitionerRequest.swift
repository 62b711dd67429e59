package import Domain
package import EventStore

/// A command with everything that its transaction stores beside it.
package struct PractitionerRequest: Sendable {
    /// What is to be done.
    package var command: PractitionerCommand
    /// Where, with its defaults.
    package var country: Country
    /// Who asks, for the event's metadata.
    package var actorRole: Role
    /// The token's subject.
    package var actorSubject: String
    /// Ties together what one request brings about.
    package var correlationID: String
    /// The W3C trace context of the request.
    package var traceparent: String?
    /// Nil on PUT, PATCH and DELETE, which are idempotent by themselves.
    package var idempotency: IdempotencyKey?
    /// The versions that `If-Match` names; nil: any.
    package var acceptedVersions: [Int64]?
    /// Turns the outcome into the answer that is stored and sent.
    package var render: @Sendable (PractitionerOutcome) -> StoredAnswer

    /// Takes all parts of a request.
    package init(
        command: PractitionerCommand, country: Country, actorRole: Role, actorSubject: String, correlationID: String,
        traceparent: String?, idempotency: IdempotencyKey?, acceptedVersions: [Int64]?,
        render: @escaping @Sendable (PractitionerOutcome) -> StoredAnswer
    ) {
        self.command = command
        self.country = country
        self.actorRole = actorRole
        self.actorSubject = actorSubject
        self.correlationID = correlationID
        self.traceparent = traceparent
        self.idempotency = idempotency
        self.acceptedVersions = acceptedVersions
        self.render = render
    }
}

/// How a command was decided, as its answer tells it.
package enum PractitionerOutcome: Hashable, Sendable {
    case registered(Practitioner)
    case updated(Practitioner)
    /// Activated or deactivated.
    case switched(Practitioner, displaced: [DisplacedBooking])
    /// The schedule of this practitioner was set.
    case scheduled(Practitioner, displaced: [DisplacedBooking])
    case exceptionAdded(PractitionerException, of: Practitioner, displaced: [DisplacedBooking])
    case exceptionRemoved
    case refused(RefusedPractitionerChange)
}

/// Why a command was refused; the answer is stored under its key.
package enum RefusedPractitionerChange: Hashable, Sendable {
    case unknownPractitioner
    case unknownException
}

/// How a request ended.
package enum PractitionerResult: Sendable {
    /// Done or refused by the domain; `replayed`: an earlier request with this key was answered so.
    case answer(StoredAnswer, replayed: Bool)
    /// The key was used for another request; nothing was changed.
    case keyReused
    /// Requests with the same key keep each other from being decided; nothing was changed.
    case inProgress(retryAfterSeconds: Int)
    /// None of the caller's versions is the current one; nothing was changed, the key stays free.
    case preconditionFailed(current: Int64)
    /// The command breaks a rule that only this service can check; nothing was changed, the key stays free.
    case invalid([InvalidMember])
    /// Something that the answer needs is down. `changeKept`: the change is stored, a retry completes the answer.
    case unavailable(dependency: String, changeKept: Bool)
}

/// A member of a request's body that cannot be accepted.
package struct InvalidMember: Hashable, Sendable {
    /// RFC 6901 pointer into the body.
    package var pointer: String
    /// What is expected there; it never repeats what was sent.
    package var detail: String

    /// Says what is wrong where.
    package init(_ pointer: String, _ detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}
