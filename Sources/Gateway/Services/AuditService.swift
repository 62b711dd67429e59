package import AuditReport
package import Domain

/// What the audit routes need; the composition root joins it to the histories.
///
/// Every question is recorded, with who asked and how many rows were given, before it is answered.
package protocol AuditService: Sendable {
    /// One page of an answer about the context's country.
    func answer(_ question: AuditQuestion, _ page: PageRequest, _ context: RequestContext) async -> AuditReading
}

/// What an auditor asks over HTTP.
package enum AuditQuestion: Sendable, Hashable {
    /// `GET /audit/bookings/{id}`.
    case booking(BookingID, AuditNarrowing)
    /// `GET /audit/practitioners/{id}`.
    case practitioner(PractitionerID, AuditNarrowing)
    /// `GET /audit/patients/{id}`.
    case patient(PatientID, AuditNarrowing)
    /// `GET /audit/events`.
    case events(AuditNarrowing)
    /// `GET /audit/practitioners/{id}/availability`: 1...31 days.
    case availability(PractitionerID, asOf: Instant, from: LocalDate?, days: Int)
    /// `GET /audit/practitioners/{id}/slots/{slotStart}`.
    case slot(PractitionerID, start: Instant, asOf: Instant?)
    /// `GET /audit/events/{id}/proof`.
    case proof(EventID)
    /// `GET /audit/heads`.
    case heads
    /// `GET /audit/verification`: at most `AuditVerification.positionsMax` positions.
    case verification(AuditVerification)
}

/// Which events of a subject are wanted; all where nothing is said.
package struct AuditNarrowing: Sendable, Hashable {
    /// Recorded at or after it.
    package let from: Instant?
    /// Recorded before it.
    package let to: Instant?
    /// Empty: all types.
    package let types: [String]
    /// The role of who did it.
    package let actorRole: String?
    /// The subject of who did it.
    package let actor: String?
}

/// Some positions of one shard.
package struct AuditVerification: Sendable, Hashable {
    /// The most that one request may have verified; the replay command verifies everything.
    package static let positionsMax: Int64 = 100_000

    /// One of the three databases.
    package enum Database: String, Sendable, CaseIterable {
        case booking
        case practitioner
        case patient
    }

    package let database: Database
    /// 0...6.
    package let shard: Int
    /// From 1, at most `positionsMax` of them.
    package let positions: ClosedRange<Int64>
}

/// How a question ended.
package enum AuditReading: Sendable {
    /// Names of the columns, also where there is no row, and the rows.
    case found(columns: [String], Page<AuditRecord>)
    case unknownPractitioner
    /// The practitioner has no slot that begins then.
    case unknownSlot
    case unknownEvent
    /// The event is under a signed head a little later.
    case notSealedYet(String)
    /// Row, tree and heads do not fit together.
    case historyDiffers(String)
    /// What is to be verified is not there; one sentence each.
    case notCovered([String])
    /// The cursor is not one of this question.
    case foreignCursor
    /// The question could not be recorded, and so is not answered.
    case notRecorded
    case unavailable(Dependency)
}
