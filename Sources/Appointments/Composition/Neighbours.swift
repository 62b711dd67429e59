import BookingCommands
import Configuration
import HTTPClient
import PatientCommands
import Postgres
import PractitionerCommands

/// How the roles of this process reach the others: a direct call where the other is here too, HTTP where it is not.
struct Neighbours {
    private let settings: Settings
    private let roles: Set<ServiceRole>
    private let http: HTTPClient

    init(_ settings: Settings, _ roles: Set<ServiceRole>) throws {
        self.settings = settings
        self.roles = roles
        http = try HTTPClient(label: "neighbours")
    }

    /// The practitioner role's streams; `pool` reaches the practitioner database from here.
    func practitioners(_ pool: PGPool) throws(SettingsError) -> any PractitionerHistory {
        if roles.contains(.practitioner) { return LocalPractitioners(stream: PractitionerStream(pool: pool)) }
        return RemotePractitioners(role: try remote("practitioner", settings.practitionerURL, "PRACTITIONER_URL"))
    }

    /// The patient role's directory; `local` is the role where it is here.
    func patients(_ local: PatientRole?) throws(SettingsError) -> any PatientNeighbour {
        if let local { return LocalPatients(queries: local.queries) }
        return RemotePatients(role: try remote("patient", settings.patientURL, "PATIENT_URL"))
    }

    /// Booking; `local` is the role where it is here.
    func booking(_ local: BookingRole?) throws(SettingsError) -> any BookingNeighbour {
        if let local { return local.neighbour }
        return RemoteBooking(role: try remote("booking", settings.bookingURL, "BOOKING_URL"))
    }

    private func remote(_ role: String, _ url: String?, _ setting: String) throws(SettingsError) -> RemoteRole {
        guard let url else {
            throw SettingsError(lines: [
                "\(setting) is missing: the \(role) role is not in this process, and a role that is here needs it"
            ])
        }
        return RemoteRole(http: http, base: url, role: role)
    }
}
