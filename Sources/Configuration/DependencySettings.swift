package import Kafka

/// Where the databases, Redis, Kafka and the countries are: the settings of CONTRACT section 1 that every program
/// shares.
package struct DependencySettings: Sendable {
    /// libpq URI of the booking database.
    package var bookingDatabase: String
    /// libpq URI of the practitioner database, which search and availability share.
    package var practitionerDatabase: String
    /// libpq URI of the patient database.
    package var patientDatabase: String
    /// URL of Redis.
    package var redis: String
    /// How brokers are reached.
    package var kafka: KafkaAccess
    /// Path of the countries file.
    package var countriesFile: String
    /// Where the local issuer's key, tokens and the broker's address lie.
    package var stateFolder: String
}

/// How the broker is reached.
package enum KafkaAccess: Sendable {
    /// The in-process broker of `appointments broker`, whose address stands in this file.
    case embedded(addressFile: String)
    /// Brokers of their own.
    case cluster(KafkaSettings)
}

extension DependencySettings {
    /// Reads these settings; what is missing or contradictory is told by `environment.faults`.
    package init(_ environment: inout Environment) {
        let state = environment.text("STATE_DIR") ?? ".run"
        bookingDatabase = Self.database("BOOKING_DATABASE_URL", &environment)
        practitionerDatabase = Self.database("PRACTITIONER_DATABASE_URL", &environment)
        patientDatabase = Self.database("PATIENT_DATABASE_URL", &environment)
        redis = Self.redis(&environment)
        kafka = Self.kafka(&environment, state)
        countriesFile = environment.text("COUNTRIES") ?? "countries.json"
        stateFolder = state
        if environment.text("OPENSEARCH_URL") != nil {
            environment.report("OPENSEARCH_URL is set, but this version searches in PostgreSQL only: leave it empty")
        }
    }

    private static func database(_ name: String, _ environment: inout Environment) -> String {
        let url = environment.required(name, "a libpq URI such as postgresql://user@host/booking")
        if !url.isEmpty, !url.hasPrefix("postgresql://"), !url.hasPrefix("postgres://") {
            environment.report("\(name) must be a libpq URI that begins with postgresql://")
        }
        return url
    }

    private static func redis(_ environment: inout Environment) -> String {
        let url = environment.required("REDIS_URL", "redis://host:port or rediss://host:port")
        if !url.isEmpty, !url.hasPrefix("redis://"), !url.hasPrefix("rediss://") {
            environment.report("REDIS_URL must begin with redis:// or rediss://")
        }
        return url
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
}
