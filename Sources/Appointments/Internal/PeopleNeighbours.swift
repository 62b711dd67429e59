import BookingCommands
import Domain
import PatientCommands
import PractitionerCommands
import Synchronization

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

/// The patient role in another process.
struct RemotePatients: PatientDirectory {
    let role: RemoteRole

    func exists(_ patient: PatientID, in country: CountryCode) async throws -> Bool {
        try await role.call("GET", "/internal/patient/\(country)/\(patient)") != nil
    }
}

/// Remembers who exists: a patient that was registered once stays registered.
///
/// When full it is emptied, which costs one question a patient and keeps no bookkeeping on the way of a booking.
final class RememberedPatients: PatientDirectory {
    private struct Key: Hashable {
        let country: CountryCode
        let patient: PatientID
    }

    private static let entriesMax = 1_000_000

    private let known = Mutex<Set<Key>>([])
    private let directory: any PatientDirectory

    init(_ directory: any PatientDirectory) { self.directory = directory }

    func exists(_ patient: PatientID, in country: CountryCode) async throws -> Bool {
        let key = Key(country: country, patient: patient)
        if known.withLock({ $0.contains(key) }) { return true }
        guard try await directory.exists(patient, in: country) else { return false }
        known.withLock { known in
            if known.count >= Self.entriesMax { known.removeAll() }
            known.insert(key)
        }
        return true
    }
}
