import Domain
import EventStore
import PatientCommands

/// A patient whose every member can be searched for.
enum Somebody {
    static let name = "Zéphyrine"
    static let data = PersonalData(
        givenName: name, familyName: "Quatremère", birthDate: LocalDate(days: 4_321), email: "zq@example.org",
        phone: "+33612345678", language: "fr", channels: [.email, .sms])

    /// What must be nowhere in the clear: every member that says who somebody is.
    static let traces = ["Zéphyrine", "Quatremère", "1981-10-31", "zq@example.org", "+33612345678"]
}

extension Clinic {
    /// A request as the gateway would make it; its answer holds personal data, as the real one does.
    func request(
        _ command: PatientCommand, key: String? = nil, fingerprint: UInt8 = 1, accepts: [Int64]? = nil
    ) -> PatientRequest {
        PatientRequest(
            command: command, country: .fr, actorRole: .staff, actorSubject: "staff-1", correlationID: "test",
            traceparent: nil,
            idempotency: key.map {
                IdempotencyKey(country: .fr, caller: "staff-1", key: $0, fingerprint: [fingerprint])
            },
            acceptedVersions: accepts,
            render: { StoredAnswer(status: 200, headers: [], body: Array(Self.text($0).utf8)) })
    }

    /// Runs a command and says how it ended.
    func run(
        _ command: PatientCommand, key: String? = nil, fingerprint: UInt8 = 1, accepts: [Int64]? = nil
    ) async -> String {
        Self.words(
            await handler.execute(request(command, key: key, fingerprint: fingerprint, accepts: accepts)))
    }

    static func words(_ result: PatientResult) -> String {
        switch result {
        case .answer(let answer, let replayed):
            (replayed ? "again: " : "") + String(decoding: answer.body, as: UTF8.self)
        case .keyReused: "key reused"
        case .inProgress: "in progress"
        case .preconditionFailed(let current): "stale, now \(current)"
        case .invalid(let members): "invalid \(members.map(\.pointer).joined(separator: " "))"
        case .unavailable(let dependency): "unavailable \(dependency)"
        }
    }

    private static func text(_ outcome: PatientOutcome) -> String {
        switch outcome {
        case .registered(let patient): "registered \(patient.id) v\(patient.version) \(patient.personal.givenName)"
        case .updated(let patient): "updated v\(patient.version) \(patient.personal.givenName)"
        case .refused(let refusal): "refused \(refusal)"
        }
    }
}
