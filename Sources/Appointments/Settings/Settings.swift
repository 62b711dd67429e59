import Configuration
import Domain

/// Everything that a process is told from outside, read once at its start (CONTRACT section 1).
struct Settings: Sendable {
    /// What every program is told.
    var dependencies: DependencySettings
    /// Where a role finds the others' operations ports; nil: in the same process.
    var bookingURL: String?
    var practitionerURL: String?
    var patientURL: String?
    var identity: IdentityProvider
    /// `file:…`: where the vault's master key lies.
    var masterKey: String
    /// Where the history's key and heads are; the role `relay` needs both.
    var history: HistorySettings
    /// After how many hours the role `projection` puts what models hold into the log again; nil: never.
    var logBaselineHours: Int?
    var port: Int
    var operationsPort: Int
    /// The address that both ports listen on.
    var listenAddress: String

    /// Whose tokens are believed.
    enum IdentityProvider: Sendable {
        /// The key that `make up` creates.
        case local(keyFile: String)
        /// `jwks`: the path of the provider's key set.
        case external(issuer: String, audience: String, jwks: String)
    }

    /// The audience of the local issuer's tokens.
    static let localIssuer = "urn:appointments:local"
    static let localAudience = "appointments"
}

extension Settings {
    var bookingDatabase: String { dependencies.bookingDatabase }
    var practitionerDatabase: String { dependencies.practitionerDatabase }
    var patientDatabase: String { dependencies.patientDatabase }
    var redis: String { dependencies.redis }
    var kafka: KafkaAccess { dependencies.kafka }
    var countriesFile: String { dependencies.countriesFile }
    var stateFolder: String { dependencies.stateFolder }

    /// Reads all settings.
    ///
    /// - Throws: `SettingsError` with one line a fault.
    static func read(_ values: [String: String]) throws(SettingsError) -> Settings {
        var environment = Environment(values)
        let dependencies = DependencySettings(&environment)
        let settings = Settings(
            dependencies: dependencies,
            bookingURL: address("BOOKING_URL", &environment),
            practitionerURL: address("PRACTITIONER_URL", &environment),
            patientURL: address("PATIENT_URL", &environment),
            identity: identity(&environment, dependencies.stateFolder),
            masterKey: masterKey(&environment),
            history: HistorySettings(&environment),
            logBaselineHours: LogBaselines.hours(&environment),
            port: environment.integer("PORT", in: 1...65_535, default: 8_080),
            operationsPort: environment.integer("OPS_PORT", in: 1...65_535, default: 8_081),
            listenAddress: environment.text("LISTEN_ADDRESS") ?? "127.0.0.1")
        if settings.port == settings.operationsPort {
            environment.report("OPS_PORT must not be the same port as PORT (\(settings.port))")
        }
        guard environment.faults.isEmpty else { throw SettingsError(lines: environment.faults) }
        return settings
    }

    private static func address(_ name: String, _ environment: inout Environment) -> String? {
        guard let text = environment.text(name) else { return nil }
        guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
            environment.report("\(name) must begin with http:// or https://, not '\(text)'")
            return nil
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private static func identity(_ environment: inout Environment, _ state: String) -> IdentityProvider {
        let names = ["OIDC_ISSUER", "OIDC_AUDIENCE", "OIDC_JWKS"]
        let values = names.map(environment.text)
        if values.allSatisfy({ $0 == nil }) { return .local(keyFile: "\(state)/keys/issuer.json") }
        for (name, value) in zip(names, values) where value == nil {
            environment.report("\(name) is missing: the three OIDC settings go together")
        }
        return .external(issuer: values[0] ?? "", audience: values[1] ?? "", jwks: values[2] ?? "")
    }

    private static func masterKey(_ environment: inout Environment) -> String {
        let reference = environment.required("KMS_KEY", "file:PATH of the patient vault's master key")
        guard reference.isEmpty || reference.hasPrefix("file:") else {
            environment.report("KMS_KEY must be file:PATH; other key services are not built yet")
            return ""
        }
        return String(reference.dropFirst("file:".count))
    }
}
