import Configuration
import Domain
import Glibc
import JOSE
import JSON

/// The people whose tokens lie in `.run/tokens`, and the two ids that tie them to the demo data.
struct DemoPeople: Sendable {
    /// Ids that the demo data was loaded with; kept in the state folder, so that tokens can be made again.
    struct Identities: Sendable {
        var patient: PatientID
        /// Nil until the practitioners are loaded.
        var practitioner: PractitionerID?
    }

    private let issuer: LocalIssuer
    private let file: String
    private let clock = SystemClock()
    private let countries: [CountryCode]
    private(set) var identities: Identities

    /// Tokens are for a year: the demo's people do not come back for new ones.
    private static let lifetimeSeconds: Int64 = 365 * 86_400

    init(_ settings: Settings) throws {
        guard case .local(let keyFile) = settings.identity else {
            throw UsageError("demo data needs the local issuer: leave the OIDC settings empty")
        }
        issuer = try LocalIssuer(keyPath: keyFile, issuer: Settings.localIssuer)
        file = "\(settings.stateFolder)/demo.json"
        countries = try CountriesFile.read(path: settings.countriesFile, zones: SystemZones.database()).keys.sorted()
        identities = try Self.read(file) ?? Identities(patient: PatientID(from: UUIDv7Source(clock: clock)))
        try save()
    }

    /// Remembers which practitioner is the demo's.
    mutating func remember(_ practitioner: PractitionerID) throws {
        identities.practitioner = practitioner
        try save()
    }

    /// A token; patients and practitioners of the demo are French, the others may work in every country served.
    func token(_ role: Domain.Role, subject: String? = nil) throws -> String {
        let now = clock.now().seconds
        var json = JSONWriter()
        json.beginObject()
        json.key("iss")
        json.string(Settings.localIssuer)
        json.key("aud")
        json.string(Settings.localAudience)
        json.key("sub")
        json.string(subject ?? "demo-\(role.rawValue)")
        json.key("iat")
        json.int(now)
        json.key("exp")
        json.int(now + Self.lifetimeSeconds)
        json.key("role")
        json.string(role.rawValue)
        json.key("countries")
        json.beginArray()
        let isFrench = role == .patient || role == .practitioner
        for country in isFrench ? ["fr"] : countries.map(\.text) { json.string(country) }
        json.endArray()
        if role == .patient {
            json.key("patient_id")
            json.string(identities.patient.description)
        }
        if role == .practitioner, let practitioner = identities.practitioner {
            json.key("practitioner_id")
            json.string(practitioner.description)
        }
        json.endObject()
        return try issuer.sign(json.bytes)
    }

    /// Writes one file a role.
    func writeTokens(to folder: String) throws {
        mkdir(folder, 0o700)
        for role in Domain.Role.allCases {
            try FileBytes.write(Array("\(try token(role))\n".utf8), to: "\(folder)/\(role.rawValue).jwt")
        }
    }

    private func save() throws {
        var json = JSONWriter()
        json.beginObject()
        json.key("patient")
        json.string(identities.patient.description)
        if let practitioner = identities.practitioner {
            json.key("practitioner")
            json.string(practitioner.description)
        }
        json.endObject()
        try FileBytes.write(json.bytes, to: file)
    }

    private static func read(_ file: String) throws -> Identities? {
        guard let bytes = try? FileBytes.read(file, bytesMax: 4_096) else { return nil }
        let json = try parseJSON(bytes)
        guard let patient = json["patient"]?.stringValue.flatMap({ PatientID($0) }) else { return nil }
        return Identities(
            patient: patient, practitioner: json["practitioner"]?.stringValue.flatMap { PractitionerID($0) })
    }
}
