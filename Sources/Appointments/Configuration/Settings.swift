import Domain
import Kafka

/// Everything that a process is told from outside, read once at its start (CONTRACT section 1).
struct Settings: Sendable {
    var bookingDatabase: String
    var practitionerDatabase: String
    var patientDatabase: String
    /// Where a role finds the others' operations ports; nil: in the same process.
    var bookingURL: String?
    var practitionerURL: String?
    var patientURL: String?
    var redis: String
    var kafka: KafkaAccess
    var countriesFile: String
    var identity: IdentityProvider
    /// `file:…`: where the vault's master key lies.
    var masterKey: String
    var port: Int
    var operationsPort: Int
    /// The address that both ports listen on.
    var listenAddress: String
    /// Where the local issuer's key, tokens and the broker's address lie.
    var stateFolder: String

    /// How the broker is reached.
    enum KafkaAccess: Sendable {
        /// The in-process broker of `appointments broker`, whose address stands in this file.
        case embedded(addressFile: String)
        case cluster(KafkaSettings)
    }

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
    /// Reads all settings.
    ///
    /// - Throws: `SettingsError` with one line a fault.
    static func read(_ values: [String: String]) throws(SettingsError) -> Settings {
        var environment = Environment(values)
        let state = environment.text("STATE_DIR") ?? ".run"
        let settings = Settings(
            bookingDatabase: database("BOOKING_DATABASE_URL", &environment),
            practitionerDatabase: database("PRACTITIONER_DATABASE_URL", &environment),
            patientDatabase: database("PATIENT_DATABASE_URL", &environment),
            bookingURL: address("BOOKING_URL", &environment),
            practitionerURL: address("PRACTITIONER_URL", &environment),
            patientURL: address("PATIENT_URL", &environment),
            redis: environment.required("REDIS_URL", "redis://host:port or rediss://host:port"),
            kafka: kafka(&environment, state),
            countriesFile: environment.text("COUNTRIES") ?? "countries.json",
            identity: identity(&environment, state),
            masterKey: masterKey(&environment),
            port: environment.integer("PORT", in: 1...65_535, default: 8_080),
            operationsPort: environment.integer("OPS_PORT", in: 1...65_535, default: 8_081),
            listenAddress: environment.text("LISTEN_ADDRESS") ?? "127.0.0.1",
            stateFolder: state)
        if settings.port == settings.operationsPort {
            environment.report("OPS_PORT must not be the same port as PORT (\(settings.port))")
        }
        if environment.text("OPENSEARCH_URL") != nil {
            environment.report("OPENSEARCH_URL is set, but this version searches in PostgreSQL only: leave it empty")
        }
        guard environment.faults.isEmpty else { throw SettingsError(lines: environment.faults) }
        return settings
    }

    private static func database(_ name: String, _ environment: inout Environment) -> String {
        let url = environment.required(name, "a libpq URI such as postgresql://user@host/booking")
        if !url.isEmpty, !url.hasPrefix("postgresql://"), !url.hasPrefix("postgres://") {
            environment.report("\(name) must be a libpq URI that begins with postgresql://")
        }
        return url
    }

    private static func address(_ name: String, _ environment: inout Environment) -> String? {
        guard let text = environment.text(name) else { return nil }
        guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
            environment.report("\(name) must begin with http:// or https://, not '\(text)'")
            return nil
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private static func kafka(_ environment: inout Environment, _ state: String) -> KafkaAccess {
        let names = ["KAFKA_SECURITY_PROTOCOL", "KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"]
        guard let servers = environment.text("KAFKA_BOOTSTRAP_SERVERS") else {
            for name in names where environment.text(name) != nil {
                environment.report(
                    "\(name) is set, but KAFKA_BOOTSTRAP_SERVERS is not: the in-process broker has no login")
            }
            return .embedded(addressFile: environment.text("KAFKA_ADDRESS_FILE") ?? "\(state)/broker.address")
        }
        let security: KafkaSettings.SecurityProtocol? = environment.choice(names[0], default: .plaintext)
        let mechanism: KafkaSettings.SASLMechanism? = environment.choice(names[1], default: nil)
        var settings = KafkaSettings(
            bootstrapServers: servers, securityProtocol: security ?? .plaintext, saslMechanism: mechanism,
            username: environment.text(names[2]), password: environment.text(names[3]))
        settings.certificateAuthorityFile = environment.text("KAFKA_SSL_CA_FILE")
        let usesPassword = settings.securityProtocol == .saslSSL || settings.securityProtocol == .saslPlaintext
        for (name, value) in zip(names.dropFirst(), [mechanism?.rawValue, settings.username, settings.password]) {
            if usesPassword, value == nil {
                environment.report(
                    "\(name) is missing: KAFKA_SECURITY_PROTOCOL is \(settings.securityProtocol.rawValue)")
            } else if !usesPassword, value != nil {
                environment.report(
                    "\(name) is set, but KAFKA_SECURITY_PROTOCOL is \(settings.securityProtocol.rawValue)")
            }
        }
        return .cluster(settings)
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

/// The settings cannot be used; the process does not start.
struct SettingsError: Error {
    /// One line a fault, each naming its setting.
    let lines: [String]
}
