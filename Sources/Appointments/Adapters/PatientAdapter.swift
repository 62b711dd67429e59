import Domain
import EventStore
import Gateway
import PatientCommands

/// Joins the patient routes to the patient commands and the vault.
struct PatientAdapter: PatientService {
    let handler: PatientHandler
    let queries: PatientQueries

    func register(
        _ command: RegisterPatient, _ change: Change<Gateway.PatientOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        let personal = PersonalData(
            givenName: command.givenName, familyName: command.familyName, birthDate: command.birthDate,
            email: command.email, phone: command.phone, language: command.language,
            channels: command.channels.compactMap(\.value))
        return await execute(.register(command.id, personal), change, context)
    }

    func update(
        _ id: PatientID, _ patch: Gateway.PatientPatch, _ change: Change<Gateway.PatientOutcome>,
        _ context: RequestContext
    ) async -> ChangeResult {
        var personal = PatientCommands.PatientPatch()
        personal.givenName = patch.givenName
        personal.familyName = patch.familyName
        personal.birthDate = patch.birthDate
        personal.email = patch.email.value
        personal.phone = patch.phone.value
        personal.language = patch.language
        personal.channels = patch.channels?.compactMap(\.value)
        return await execute(.update(id, personal), change, context)
    }

    func patient(_ id: PatientID, _ context: RequestContext) async -> Reading<PatientDocument> {
        await Reading.of("patient-database") {
            guard let patient = try await queries.patient(id, in: context.country) else { return .notFound }
            return .found(PatientDocument(patient))
        }
    }

    private func execute(
        _ command: PatientCommand, _ change: Change<Gateway.PatientOutcome>, _ context: RequestContext
    ) async -> ChangeResult {
        let request = PatientRequest(
            command: command, country: context.country, actorRole: context.caller.role,
            actorSubject: context.caller.subject,
            correlationID: context.correlationID, traceparent: context.traceparent,
            idempotency: change.idempotency?.storeKey, acceptedVersions: change.condition.acceptedVersions,
            render: { StoredAnswer(change.render(Gateway.PatientOutcome($0))) })
        switch await handler.execute(request) {
        case .answer(let answer, let replayed): return .answer(RenderedAnswer(answer), replayed: replayed)
        case .keyReused: return .keyReused
        case .inProgress(let seconds): return .inProgress(retryAfterSeconds: seconds)
        case .preconditionFailed(let current): return .preconditionFailed(current: current)
        case .invalid(let members): return .invalid(members.map { Fault($0.pointer, $0.detail) })
        case .unavailable(let dependency): return .unavailable(Dependency(dependency), changeKept: false)
        }
    }
}

extension Gateway.PatientOutcome {
    fileprivate init(_ outcome: PatientCommands.PatientOutcome) {
        self =
            switch outcome {
            case .registered(let patient): .registered(PatientDocument(patient))
            case .updated(let patient): .updated(PatientDocument(patient))
            case .refused(.unknownPatient): .refused(.unknownPatient)
            case .refused(.patientExists): .refused(.patientExists)
            }
    }
}

extension PatientDocument {
    fileprivate init(_ patient: Patient) {
        let personal = patient.personal
        self.init(
            id: patient.id, version: patient.version, givenName: personal.givenName, familyName: personal.familyName,
            birthDate: personal.birthDate, email: personal.email, phone: personal.phone, language: personal.language,
            channels: personal.channels.compactMap { Gateway.ContactChannel(rawValue: $0.rawValue) })
    }
}

extension Gateway.ContactChannel {
    fileprivate var value: PatientCommands.ContactChannel? { .init(rawValue: rawValue) }
}

extension Gateway.PatientPatch.Member {
    fileprivate var value: PatientCommands.PatientPatch.Member<Value> {
        switch self {
        case .keep: .keep
        case .remove: .remove
        case .set(let value): .set(value)
        }
    }
}
