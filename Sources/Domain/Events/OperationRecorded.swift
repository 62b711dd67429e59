/// Something was done to the system, or asked of its history; sealed like everything that happened, published nowhere.
///
/// Who did it stands in the event's metadata, as with every event.
package struct OperationRecorded: Hashable, Sendable {
    /// Its name in the store.
    package static let wireType = WireType("OperationRecorded")
    /// The longest reason, in characters.
    package static let reasonMax = 200

    /// The operation; all its facts are one stream.
    package var operationID: OperationID
    /// The country that it was done to, or `CountryCode.nowhere`.
    package var country: CountryCode
    /// What was done.
    package var operation: OperationKind
    /// How far it is.
    package var phase: OperationPhase
    /// Why, in the words of who did it, at most `reasonMax` characters; no personal data.
    package var reason: String?
    /// What else is worth knowing, in this order.
    package var details: [OperationDetail]

    /// Takes a fact; a longer reason is cut.
    package init(
        operationID: OperationID, country: CountryCode = .nowhere, operation: OperationKind, phase: OperationPhase,
        reason: String? = nil, details: [OperationDetail] = []
    ) {
        self.operationID = operationID
        self.country = country
        self.operation = operation
        self.phase = phase
        self.reason = reason.map { String($0.prefix(Self.reasonMax)) }
        self.details = details
    }
}

/// What can be done to the system; no case is ever renamed or removed, the log still holds it.
package enum OperationKind: String, CaseIterable, Hashable, Sendable {
    case plan, rebuild, diff, swap, rollback, drop
    case verifyModels = "verify_models"
    case verifyHistory = "verify_history"
    case quarantineRetry = "quarantine_retry"
    case quarantineSkip = "quarantine_skip"
    case auditQuery = "audit_query"
}

/// How far an operation is.
package enum OperationPhase: String, CaseIterable, Hashable, Sendable {
    case requested, started, finished, failed, refused, interrupted
}

/// One named value of a fact: a scope, a count, a digest.
package struct OperationDetail: Hashable, Sendable {
    /// A text or a whole number.
    package enum Value: Hashable, Sendable {
        case text(String)
        case int(Int64)
    }

    /// In lower case with underscores, as metric names are: `rows`, `digest`.
    package var name: String
    /// What it is.
    package var value: Value

    /// A text; never personal data.
    package init(_ name: String, _ text: String) {
        self.name = name
        value = .text(text)
    }

    /// A whole number.
    package init(_ name: String, _ number: some BinaryInteger) {
        self.name = name
        value = .int(Int64(number))
    }
}
