package import Domain
package import EventStore

/// A command with everything that its transaction stores beside it.
package struct PatientRequest: Sendable {
    /// What is to be done.
    package var command: PatientCommand
    /// Where.
    package var country: CountryCode
    /// Who asks, for the event's metadata.
    package var actorRole: Role
    /// The token's subject.
    package var actorSubject: String
    /// Ties together what one request brings about.
    package var correlationID: String
    /// The W3C trace context of the request.
    package var traceparent: String?
    /// Nil on PATCH, which is idempotent by itself.
    package var idempotency: IdempotencyKey?
    /// The versions that `If-Match` names; nil: any.
    package var acceptedVersions: [Int64]?
    /// Turns the outcome into the answer that is stored (sealed) and sent.
    package var render: @Sendable (PatientOutcome) -> StoredAnswer

    /// Takes all parts of a request.
    package init(
        command: PatientCommand, country: CountryCode, actorRole: Role, actorSubject: String, correlationID: String,
        traceparent: String?, idempotency: IdempotencyKey?, acceptedVersions: [Int64]?,
        render: @escaping @Sendable (PatientOutcome) -> StoredAnswer
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
package enum PatientOutcome: Hashable, Sendable {
    case registered(Patient)
    case updated(Patient)
    case refused(RefusedPatientChange)
}

/// Why a command was refused; the answer is stored under its key and holds no personal data.
package enum RefusedPatientChange: Hashable, Sendable {
    case unknownPatient
    /// The token's patient is registered already.
    case patientExists
}

/// How a request ended.
package enum PatientResult: Sendable {
    /// Done or refused by the domain; `replayed`: an earlier request with this key was answered so.
    case answer(StoredAnswer, replayed: Bool)
    /// The key was used for another request; nothing was changed.
    case keyReused
    /// Requests with the same key keep each other from being decided; nothing was changed.
    case inProgress(retryAfterSeconds: Int)
    /// None of the caller's versions is the current one; nothing was changed.
    case preconditionFailed(current: Int64)
    /// The command breaks a rule that only this service can check; nothing was changed, the key stays free.
    case invalid([InvalidMember])
    /// Something that the answer needs is down; nothing was changed.
    case unavailable(dependency: String)
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
