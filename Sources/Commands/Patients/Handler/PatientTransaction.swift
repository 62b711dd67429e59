import Domain
import EventStore
import Postgres

/// Decides one command and writes what it comes to: event, head row, vault, outbox row and sealed answer together.
///
/// Two round trips: the first one takes the lock of the head row and then reads, the second one writes and commits. Two
/// registrations of one id meet at the stream's head: the later one fails, starts over and finds the patient.
struct PatientTransaction: Sendable {
    let pool: PGPool
    let vault: PatientVault
    let clock: any WallClock
    let identifiers: any IdentifierSource
    /// Wakes the relayer; called after a commit that has an event.
    let committed: @Sendable () -> Void

    /// A command with what it needs beside its row.
    enum Work: Sendable {
        /// A patient with an id that nobody has, or the token's, and its key: made before any lock is held.
        case register(Patient, PatientVault.PatientKey)
        case update(PatientID, PatientPatch)

        /// The patient that it is about.
        var patientID: PatientID {
            switch self {
            case .register(let patient, _): patient.id
            case .update(let id, _): id
            }
        }
    }

    /// Runs once.
    ///
    /// - Parameters:
    ///   - work: What `request.command` comes to.
    ///   - request: What is stored beside it.
    /// - Returns: How it ended.
    /// - Throws: `PGError`, see `EventStoreError.init(_:)` for those after which it can be run again; `VaultError`.
    func run(_ work: Work, for request: PatientRequest) async throws -> PatientResult {
        try await pool.withSession { session in
            do {
                let result = try await attempt(work, request, session)
                try await session.rollback()  // what was not committed is not to be
                return result
            } catch {
                try? await session.rollback()  // where it fails, the session is retired and the server rolls back
                throw error
            }
        }
    }

    private func attempt(
        _ work: Work, _ request: PatientRequest, _ session: PGSession
    ) async throws -> PatientResult {
        let id = work.patientID
        let row: [PGValue] = [.text(request.country.text), .uuid(id.high, id.low)]
        let lookup = request.idempotency.map { [IdempotencyStore.lookup([$0])] } ?? []
        let results = try await session.pipeline(
            [PGStep(.begin), PGStep(SQL.lockPatient, row), PGStep(SQL.readPatient, row)] + lookup)
        if let key = request.idempotency {
            switch IdempotencyStore.answers(to: [key], results[3])[0] {
            case .given(let stored): return try await replay(stored, key, request, session)
            case .otherRequest: return .keyReused
            case .owed: throw VaultError.unreadable  // no answer of this module is ever owed
            case .none: break
            }
        }
        let stored = PatientRow(results[2])
        switch work {
        case .register(let patient, let patientKey):
            if stored != nil { return try await refuse(.patientExists, request, session) }
            return try await register(patient, patientKey, request, session)
        case .update(_, let patch):
            guard let stored, !stored.isErased else { return try await refuse(.unknownPatient, request, session) }
            return try await update(stored, id, patch, request, session)
        }
    }

    private func register(
        _ patient: Patient, _ patientKey: PatientVault.PatientKey, _ request: PatientRequest, _ session: PGSession
    ) async throws -> PatientResult {
        let event = PatientDecider.register(patient.id, patient.personal, in: patient.country)
        let now = clock.now()
        let write = PGStep(
            SQL.insertPatient,
            [
                .text(patient.country.text), .uuid(patient.id.high, patient.id.low), .timestamp(now.microseconds),
                .text(patientKey.masterKeyID), .bytes(patientKey.wrapped),
                .bytes(try vault.seal(patient, with: patientKey)),
            ])
        let answer = request.render(.registered(patient))
        return try await commit(event, of: patient, at: now, write, answer, patientKey, request, session)
    }

    private func update(
        _ stored: PatientRow, _ id: PatientID, _ patch: PatientPatch, _ request: PatientRequest, _ session: PGSession
    ) async throws -> PatientResult {
        let key = try await vault.openKey(
            stored.wrappedKey, masterKeyID: stored.masterKeyID, for: id, in: request.country)
        let patient = try vault.open(
            stored.sealed, with: key, for: id, in: request.country, version: stored.version)
        switch PatientDecider.update(patient, patch, acceptedVersions: request.acceptedVersions) {
        case .append(let event, let personal):
            var next = patient
            next.version += 1
            next.personal = personal
            let now = clock.now()
            let write = PGStep(
                SQL.updatePatient,
                [
                    .text(next.country.text), .uuid(id.high, id.low), .int(next.version),
                    .timestamp(now.microseconds), .bytes(try vault.seal(next, with: key)),
                ])
            let answer = request.render(.updated(next))
            return try await commit(event, of: next, at: now, write, answer, key, request, session)
        case .unchanged:
            let answer = request.render(.updated(patient))
            try await keep(answer, about: patient.id, key, request, session)
            return .answer(answer, replayed: false)
        case .versionMismatch(let current): return .preconditionFailed(current: current)
        case .invalid(let faults): return .invalid(faults)
        }
    }

    private func commit(
        _ event: PatientEvent, of patient: Patient, at now: Instant, _ write: PGStep, _ answer: StoredAnswer,
        _ patientKey: PatientVault.PatientKey, _ request: PatientRequest, _ session: PGSession
    ) async throws -> PatientResult {
        let metadata = EventMetadata(
            eventID: EventID(from: identifiers), occurredAt: now, correlationID: request.correlationID,
            actorRole: request.actorRole.rawValue, actorSubject: request.actorSubject,
            traceparent: request.traceparent)
        let append = EventAppend([EventToAppend(event, version: patient.version, metadata: metadata)])
        var steps = append.steps + [write]
        if let key = request.idempotency {
            let sealed = try SealedAnswer.sealed(answer, about: patient.id, under: key, with: patientKey, vault)
            steps.append(IdempotencyStore.insert([(key, .given(sealed))]))
        }
        let results = try await session.pipeline(steps + [PGStep(.commit)])
        committed()
        _ = try append.verify(results.prefix(append.steps.count))
        return .answer(answer, replayed: false)
    }

    private func refuse(
        _ refusal: RefusedPatientChange, _ request: PatientRequest, _ session: PGSession
    ) async throws -> PatientResult {
        let answer = request.render(.refused(refusal))
        if let key = request.idempotency {
            _ = try await session.pipeline([
                IdempotencyStore.insert([(key, .given(SealedAnswer.plain(answer)))]), PGStep(.commit),
            ])
        }
        return .answer(answer, replayed: false)
    }

    /// Stores the answer to a command that appended nothing.
    private func keep(
        _ answer: StoredAnswer, about id: PatientID, _ patientKey: PatientVault.PatientKey, _ request: PatientRequest,
        _ session: PGSession
    ) async throws {
        guard let key = request.idempotency else { return }
        let sealed = try SealedAnswer.sealed(answer, about: id, under: key, with: patientKey, vault)
        _ = try await session.pipeline([IdempotencyStore.insert([(key, .given(sealed))]), PGStep(.commit)])
    }

    /// Gives a stored answer again; one about a patient whose key was destroyed cannot be read by anybody any more.
    private func replay(
        _ stored: StoredAnswer, _ key: IdempotencyKey, _ request: PatientRequest, _ session: PGSession
    ) async throws -> PatientResult {
        var patientKey: PatientVault.PatientKey?
        if let id = try SealedAnswer.patient(stored) {
            let rows = try await session.query(SQL.readPatient, [.text(key.country.text), .uuid(id.high, id.low)])
            guard let row = PatientRow(rows), !row.isErased else {
                return .answer(request.render(.refused(.unknownPatient)), replayed: false)
            }
            patientKey = try await vault.openKey(
                row.wrappedKey, masterKeyID: row.masterKeyID, for: id, in: key.country)
        }
        return .answer(try SealedAnswer.opened(stored, under: key, with: patientKey, vault), replayed: true)
    }
}
