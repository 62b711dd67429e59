import BookingCommands
import Domain
import PatientCommands
import PractitionerCommands

/// The practitioner role in this process.
struct LocalPractitioners: PractitionerHistory {
    let stream: PractitionerStream

    func events(
        of practitioner: PractitionerID, in country: CountryCode, after version: Int64, upTo last: Int64
    ) async throws -> [PractitionerChange] {
        try await stream.changes(of: practitioner, in: country, after: version, upTo: last)
    }
}

/// The practitioner role in another process.
struct RemotePractitioners: PractitionerHistory {
    let role: RemoteRole

    func events(
        of practitioner: PractitionerID, in country: CountryCode, after version: Int64, upTo last: Int64
    ) async throws -> [PractitionerChange] {
        let path = "/internal/practitioner/\(country)/changes/\(practitioner)/\(version)/\(last)"
        guard let body = try await role.call("GET", path) else { throw RemoteRole.Unavailable(role: role.role) }
        return try WireFormat.changes(body)
    }
}

/// What booking asks of the patient role, many at a time.
protocol PatientNeighbour: Sendable {
    /// Those of the given patients who exist.
    func existing(_ patients: [PatientID], in country: CountryCode) async throws -> Set<PatientID>
}

/// The patient role in this process.
struct LocalPatients: PatientNeighbour {
    let queries: PatientQueries

    func existing(_ patients: [PatientID], in country: CountryCode) async throws -> Set<PatientID> {
        try await queries.existing(patients, in: country)
    }
}

/// The patient role in another process.
struct RemotePatients: PatientNeighbour {
    let role: RemoteRole

    func existing(_ patients: [PatientID], in country: CountryCode) async throws -> Set<PatientID> {
        let path = "/internal/patient/\(country)/existing"
        guard let body = try await role.call("POST", path, body: WireFormat.encode(patients)) else {
            throw RemoteRole.Unavailable(role: role.role)
        }
        return Set(try WireFormat.patients(body))
    }
}

/// Remembers who exists, so that a patient is asked for once.
struct RememberingDirectory: PatientDirectory {
    private let remembered: RememberedPatients

    init(_ patients: any PatientNeighbour) {
        remembered = RememberedPatients { try await patients.existing($0, in: $1) }
    }

    func exists(_ patient: PatientID, in country: CountryCode) async throws -> Bool {
        try await remembered.exists(patient, in: country)
    }
}
