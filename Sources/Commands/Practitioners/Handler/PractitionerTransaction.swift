import Domain
import EventStore
import Postgres

/// Decides one command and writes what it comes to: event, head row, outbox row and stored answer together.
///
/// Two round trips: the first one takes the lock and then reads, the second one writes and commits. The lock is that of
/// the practitioner's head row; of a registration it is the row that its number is drawn from.
struct PractitionerTransaction: Sendable {
    let pool: PGPool
    let zones: ZoneDatabase
    let clock: any WallClock
    let identifiers: any IdentifierSource
    /// Wakes the relayer; called after a commit that has an event.
    let committed: @Sendable () -> Void

    /// What became of a command.
    enum Outcome: Sendable {
        /// The answer is known: given before, or a refusal that is stored now.
        case answered(StoredAnswer, replayed: Bool)
        /// The change is in the store; its answer needs booking.
        case kept(CommittedChange)
        case keyReused
        case preconditionFailed(current: Int64)
    }

    /// Runs once.
    ///
    /// - Throws: `PGError`; see `EventStoreError.init(_:)` for those after which it can be run again.
    func run(_ request: PractitionerRequest) async throws -> Outcome {
        try await pool.withSession { session in
            do {
                let outcome = try await attempt(request, session)
                try await session.rollback()  // of what was not committed: locks, and a number that was drawn
                return outcome
            } catch {
                try? await session.rollback()  // where it fails, the session is retired and the server rolls back
                throw error
            }
        }
    }

    private func attempt(_ request: PractitionerRequest, _ session: PGSession) async throws -> Outcome {
        let newID = PractitionerID(from: identifiers)
        let reading = Reading(request, newID: newID)
        let results = try await session.pipeline(reading.steps)
        switch reading.answer(results) {
        case .given(let answer): return .answered(answer, replayed: true)
        case .owed(let bytes): return .kept(CommittedChange(owed: try OwedAnswer(bytes)))
        case .otherRequest: return .keyReused
        case .none: break
        }
        if case .register(let registration) = request.command {
            let event = register(registration, newID, number: reading.number(results), request.country)
            let practitioner = Practitioner(event, partition: reading.partition)
            return try await append(.registered(event), practitioner, EventID(from: identifiers), request, session)
        }
        guard let practitioner = reading.practitioner(results) else {
            return try await refuse(.unknownPractitioner, request, session)
        }
        return try await decide(practitioner, reading.exception(results), request, session)
    }

    private func decide(
        _ practitioner: Practitioner, _ stored: PractitionerException?, _ request: PractitionerRequest,
        _ session: PGSession
    ) async throws -> Outcome {
        let rules = try zones.rules(practitioner.timeZone)
        let facts = PractitionerDecider.Facts(
            today: rules.wall(at: clock.now()).date, zoneRules: zones.version,
            newException: ExceptionID(from: identifiers), exception: stored?.exception,
            isExceptionRemoved: stored?.isRemoved ?? false)
        switch PractitionerDecider.decide(
            request.command, practitioner, acceptedVersions: request.acceptedVersions, facts)
        {
        case .append(let event):
            let id = EventID(from: identifiers)
            return try await append(event, practitioner.evolved(by: event, id: id), id, request, session)
        case .unchanged:
            let owed = OwedAnswer(request.command, practitioner, exceptionID: nil, event: nil)
            try await keep(.owed(owed.bytes), request, session)
            return .kept(CommittedChange(owed: owed, practitioner: practitioner))
        case .unknownException: return try await refuse(.unknownException, request, session)
        case .versionMismatch(let current): return .preconditionFailed(current: current)
        }
    }

    private func register(
        _ new: Registration, _ id: PractitionerID, number: Int, _ country: Country
    ) -> PractitionerRegistered {
        PractitionerRegistered(
            practitionerID: id, country: country.code, number: number, displayName: new.displayName,
            specialty: new.specialty, languages: new.languages, location: new.location,
            timeZone: new.timeZone ?? country.timeZone, dayStart: new.dayStart ?? country.dayStart,
            slotMinutes: new.slotMinutes ?? country.slotMinutes,
            consultationTypes: new.consultationTypes.isEmpty ? [.standard] : new.consultationTypes,
            acceptsNewPatients: new.acceptsNewPatients, zoneRules: zones.version)
    }

    /// Writes an event that makes `next`, and commits.
    private func append(
        _ event: PractitionerEvent, _ next: Practitioner, _ id: EventID, _ request: PractitionerRequest,
        _ session: PGSession
    ) async throws -> Outcome {
        let metadata = EventMetadata(
            eventID: id, occurredAt: clock.now(), correlationID: request.correlationID,
            actorRole: request.actorRole.rawValue, actorSubject: request.actorSubject,
            traceparent: request.traceparent, zoneRules: zones.version)
        let append = EventAppend([EventToAppend(event, version: next.streamVersion, metadata: metadata)])
        var steps = append.steps + [PGStep(SQL.writePractitioner, PractitionerRow.parameters(next))]
        var exceptionID: ExceptionID?
        if case .exceptionAdded(let added) = event, case .addException(_, let new) = request.command {
            exceptionID = added.exception.id
            let stored = PractitionerException(
                exception: added.exception, reason: new.reason, addedBy: id, isRemoved: false)
            steps.append(PGStep(SQL.insertException, ExceptionRow.parameters(stored, of: next)))
        }
        if case .exceptionRemoved(let removed) = event {
            let exception: PGValue = .uuid(removed.exception.id.high, removed.exception.id.low)
            steps.append(PGStep(SQL.removeException, next.key + [exception]))
        }
        let owed = OwedAnswer(request.command, next, exceptionID: exceptionID, event: id)
        if let key = request.idempotency { steps.append(IdempotencyStore.insert([(key, .owed(owed.bytes))])) }
        let results = try await session.pipeline(steps + [PGStep(.commit)])
        committed()
        _ = try append.verify(results.prefix(append.steps.count))
        let change = PractitionerChange(version: next.streamVersion, id: id, event: event)
        return .kept(CommittedChange(owed: owed, practitioner: next, change: change))
    }

    private func refuse(
        _ refusal: RefusedPractitionerChange, _ request: PractitionerRequest, _ session: PGSession
    ) async throws -> Outcome {
        let answer = request.render(.refused(refusal))
        try await keep(.given(answer), request, session)
        return .answered(answer, replayed: false)
    }

    /// Stores what a request came to that appended nothing.
    private func keep(_ answer: AnswerToKeep, _ request: PractitionerRequest, _ session: PGSession) async throws {
        guard let key = request.idempotency else { return }
        _ = try await session.pipeline([IdempotencyStore.insert([(key, answer)]), PGStep(.commit)])
    }
}

/// The first round trip of a transaction: the lock, and under it what the decision rests on.
private struct Reading {
    let steps: [PGStep]
    /// Kafka partition of a practitioner that is to be registered.
    let partition: Int
    private let key: IdempotencyKey?
    private let readsException: Bool

    init(_ request: PractitionerRequest, newID: PractitionerID) {
        partition = Int(KafkaPartitioner.partition(of: newID))
        key = request.idempotency
        let country: PGValue = .text(request.country.code.text)
        var steps = [PGStep(.begin)]
        if let id = request.command.practitionerID {
            steps.append(PGStep(SQL.lockPractitioner, [country, .uuid(id.high, id.low)]))
        } else {
            steps.append(PGStep(SQL.drawPractitionerNumber, [country, .int4(Int32(partition))]))
        }
        if case .removeException(let id, let exception) = request.command {
            readsException = true
            steps.append(
                PGStep(
                    SQL.readException, [country, .uuid(id.high, id.low), .uuid(exception.high, exception.low)]))
        } else {
            readsException = false
        }
        // After the lock: whoever held it before with the same key has stored its answer by now.
        if let key { steps.append(IdempotencyStore.lookup([key])) }
        self.steps = steps
    }

    /// The number that a registration drew.
    func number(_ results: [PGRows]) -> Int { Int(results[1].int(0, 0)) }

    /// The practitioner whose head row is locked; nil: there is none.
    func practitioner(_ results: [PGRows]) -> Practitioner? {
        results[1].count == 1 ? PractitionerRow.practitioner(results[1], 0) : nil
    }

    /// The exception that is to be removed; nil: there never was one.
    func exception(_ results: [PGRows]) -> PractitionerException? {
        readsException && results[2].count == 1 ? ExceptionRow.exception(results[2], 0) : nil
    }

    /// What is known of the request's key.
    func answer(_ results: [PGRows]) -> KnownAnswer {
        guard let key, let rows = results.last else { return .none }
        return IdempotencyStore.answers(to: [key], rows)[0]
    }
}
