package import AuditReport
package import Domain
package import EventStore

/// Everything that an auditor can ask.
package enum AuditQuery: Hashable, Sendable {
    /// What happened to something, or in a stretch of time.
    case events(AuditSubject, AuditFilter)
    /// What was free at a moment, and what was shown as free.
    case availability(PractitionerID, asOf: Instant, from: LocalDate?, days: Int)
    /// Why a slot is, or was at a moment, in its state.
    case slot(PractitionerID, start: Instant, asOf: Instant?)
    /// Proof that an event is in the sealed history.
    case proof(EventID)
    /// The signed heads.
    case heads
    /// Verification of some positions of one shard.
    case verification(AuditDatabase, Shard, ClosedRange<Int64>)

    /// Its name in the record of what was asked.
    package var name: String {
        switch self {
        case .events(.booking, _): "booking"
        case .events(.practitioner, _): "practitioner"
        case .events(.patient, _): "patient"
        case .events(.event, _): "event"
        case .events(.everything, _): "events"
        case .availability: "availability"
        case .slot: "why"
        case .proof: "proof"
        case .heads: "heads"
        case .verification: "verify"
        }
    }

    /// What was asked, in the order in which it is recorded.
    var details: [OperationDetail] {
        switch self {
        case .events(let subject, let filter): subject.details + filter.details
        case .availability(let id, let moment, let from, let days):
            [OperationDetail("practitioner_id", "\(id)"), OperationDetail("as_of", moment.text())]
                + (from.map { [OperationDetail("from", "\($0)")] } ?? []) + [OperationDetail("days", days)]
        case .slot(let id, let start, let moment):
            [OperationDetail("practitioner_id", "\(id)"), OperationDetail("slot_start", start.text())]
                + (moment.map { [OperationDetail("as_of", $0.text())] } ?? [])
        case .proof(let id): [OperationDetail("event_id", "\(id)")]
        case .heads: []
        case .verification(let database, let shard, let positions):
            [
                OperationDetail("database", database.rawValue), OperationDetail("shard", shard.number),
                OperationDetail("first_position", positions.lowerBound),
                OperationDetail("last_position", positions.upperBound),
            ]
        }
    }
}

extension AuditSubject {
    fileprivate var details: [OperationDetail] {
        switch self {
        case .booking(let id): [OperationDetail("booking_id", "\(id)")]
        case .practitioner(let id): [OperationDetail("practitioner_id", "\(id)")]
        case .patient(let id): [OperationDetail("patient_id", "\(id)")]
        case .event(let id): [OperationDetail("event_id", "\(id)")]
        case .everything: []
        }
    }
}

extension AuditFilter {
    fileprivate var details: [OperationDetail] {
        var details: [OperationDetail] = []
        if let from { details.append(OperationDetail("from", from.text())) }
        if let to { details.append(OperationDetail("to", to.text())) }
        if !types.isEmpty { details.append(OperationDetail("types", types.joined(separator: ","))) }
        if let actorRole { details.append(OperationDetail("actor_role", actorRole)) }
        if let actorSubject { details.append(OperationDetail("actor_subject", actorSubject)) }
        return details
    }
}

/// Who asks, from where.
package struct AuditAsker: Hashable, Sendable {
    /// Whose name is recorded.
    package let actor: OperationActor
    /// The only country that is looked into; nil: all.
    package let country: CountryCode?
    /// Ties the question to a request; nil: it is tied to nothing else.
    package let correlationID: String?

    /// Somebody of their parts.
    package init(actor: OperationActor, country: CountryCode?, correlationID: String? = nil) {
        self.actor = actor
        self.country = country
        self.correlationID = correlationID
    }
}

/// One page of an answer: a table whose rows all have the same columns.
package struct AuditAnswer: Sendable {
    /// Names of the columns, also where there is no row.
    package let columns: [String]
    /// In order.
    package let records: [AuditRecord]
    /// Where the next page begins; nil on the last one.
    package let next: [UInt8]?
    /// The question's own number: facts about it are in the stream `operations-{id}`.
    package let operation: OperationID
}

/// Why there is no answer.
package enum AuditRefusal: Error, Hashable, Sendable {
    /// The cursor is none, or belongs to another question.
    case badCursor
    /// There was no such practitioner in that country then.
    case unknownPractitioner
    /// The practitioner's grid has no slot that begins then.
    case offGrid
    /// There is no such event in that country.
    case unknownEvent
    /// The event is not under a signed head yet; a little later it is.
    case notSealedYet(String)
    /// Row, tree and signed heads do not fit together.
    case historyDiffers(String)
    /// What is asked for is not there; one line each.
    case notCovered([String])
    /// A dependency that the answer needs does not answer; named as operators know it.
    case unavailable(dependency: String, reason: String)
    /// The question could not be recorded, so it is not answered.
    case notRecorded(String)
}
