import Domain
import EventStore
import PractitionerCommands
import Testing

/// Requests as the gateway would make them, with answers that say in plain text what was decided.
enum Requests {
    static func request(
        _ command: PractitionerCommand, key: String? = nil, fingerprint: UInt8 = 1, accepts: [Int64]? = nil
    ) -> PractitionerRequest {
        PractitionerRequest(
            command: command, country: Practice.france, actorRole: .staff, actorSubject: "staff-1",
            correlationID: "test", traceparent: nil,
            idempotency: key.map {
                IdempotencyKey(country: .fr, caller: "staff-1", key: $0, fingerprint: [fingerprint])
            },
            acceptedVersions: accepts, render: { StoredAnswer(status: 200, headers: [], body: Array(text($0).utf8)) })
    }

    static func registration(
        _ name: String = "Dr. Lefèvre", timeZone: String? = nil, types: [ConsultationType] = []
    ) -> Registration {
        Registration(
            displayName: name, specialty: "Dermatology", languages: ["fr", "en"],
            location: Location(latitude: 48.85, longitude: 2.35, street: "1 rue X", postalCode: "75001", city: "Paris"),
            timeZone: timeZone, dayStart: nil, slotMinutes: nil, consultationTypes: types, acceptsNewPatients: true)
    }

    static func text(_ outcome: PractitionerOutcome) -> String {
        switch outcome {
        case .registered(let practitioner):
            "registered \(practitioner.id) v\(practitioner.profileVersion) n\(practitioner.number)"
                + " \(practitioner.displayName)"
        case .updated(let practitioner): "updated v\(practitioner.profileVersion) \(practitioner.displayName)"
        case .switched(let practitioner, let displaced):
            "\(practitioner.isActive ? "active" : "inactive") v\(practitioner.profileVersion)"
                + " displaced \(displaced.count)"
        case .scheduled(let practitioner, let displaced):
            "scheduled v\(practitioner.scheduleVersion) from \(practitioner.schedule?.validFrom.description ?? "-")"
                + " displaced \(displaced.count)"
        case .exceptionAdded(let stored, _, let displaced):
            "exception \(stored.exception.id) \(stored.reason ?? "-") displaced \(displaced.count)"
        case .exceptionRemoved: "removed"
        case .refused(let refusal): "refused \(refusal)"
        }
    }
}

/// What a result comes to, in words that tests compare.
func words(_ result: PractitionerResult) -> String {
    switch result {
    case .answer(let answer, let replayed): (replayed ? "again: " : "") + String(decoding: answer.body, as: UTF8.self)
    case .keyReused: "key reused"
    case .inProgress: "in progress"
    case .preconditionFailed(let current): "stale, now \(current)"
    case .invalid(let members): "invalid \(members.map(\.pointer).joined(separator: " "))"
    case .unavailable(let dependency, let kept): "unavailable \(dependency)\(kept ? ", kept" : "")"
    }
}

extension Practice {
    /// Runs a command and says how it ended.
    func run(
        _ command: PractitionerCommand, key: String? = nil, fingerprint: UInt8 = 1, accepts: [Int64]? = nil
    ) async -> String {
        words(
            await handler.execute(
                Requests.request(command, key: key, fingerprint: fingerprint, accepts: accepts)))
    }

    /// Registers a practitioner and returns its id.
    func register(_ name: String = "Dr. Lefèvre", key: String = "setup") async throws -> PractitionerID {
        let answer = await run(.register(Requests.registration(name)), key: key)
        let parts = answer.split(separator: " ")
        return try #require(parts.count > 1 ? PractitionerID(parts[1]) : nil, "\(answer)")
    }

    /// The events of a practitioner's stream.
    func history(of id: PractitionerID, upTo version: Int64) async throws -> [PractitionerChange] {
        try await PractitionerStream(pool: pool).changes(of: id, in: .fr, after: 0, upTo: version)
    }
}
