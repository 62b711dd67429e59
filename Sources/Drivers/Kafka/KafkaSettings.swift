import CRdKafka

/// How to reach a Kafka cluster, and as whom.
package struct KafkaSettings: Sendable {
    /// Comma-separated `host:port` list; one reachable broker is enough to find the others.
    package var bootstrapServers: String
    /// How bytes travel and who is asked for a password.
    package var securityProtocol: SecurityProtocol
    /// How the password is proved; needed by the two SASL protocols.
    package var saslMechanism: SASLMechanism?
    /// SASL user name.
    package var username: String?
    /// SASL password; it appears in no description and no log line.
    package var password: String?
    /// PEM file of the authorities that sign the brokers' certificates; nil: those of the operating system.
    package var certificateAuthorityFile: String?
    /// PEM files of this client's certificate for mutual TLS; nil: none is shown.
    package var clientCertificate: ClientCertificate?
    /// How long a broker holds an empty fetch back.
    ///
    /// Real brokers answer at once when a record comes; the embedded one always waits this long, so it wants little.
    package var fetchWaitMaximum: Duration = .milliseconds(100)
    /// After how long without a heartbeat a group gives a member's partitions to others.
    ///
    /// The embedded broker makes every rebalance after a group's first one last a second less than this.
    package var groupSessionTimeout: Duration = .seconds(10)
    /// More librdkafka properties by name; those that this driver's promises rest on cannot be changed here.
    package var extra: [String: String]
    /// Gets librdkafka's log lines, on librdkafka's threads; it must not block.
    package var log: @Sendable (KafkaLogLine) -> Void

    package init(
        bootstrapServers: String, securityProtocol: SecurityProtocol = .plaintext, saslMechanism: SASLMechanism? = nil,
        username: String? = nil, password: String? = nil, certificateAuthorityFile: String? = nil,
        clientCertificate: ClientCertificate? = nil, extra: [String: String] = [:],
        log: @escaping @Sendable (KafkaLogLine) -> Void = { _ in }
    ) {
        self.bootstrapServers = bootstrapServers
        self.securityProtocol = securityProtocol
        self.saslMechanism = saslMechanism
        self.username = username
        self.password = password
        self.certificateAuthorityFile = certificateAuthorityFile
        self.clientCertificate = clientCertificate
        self.extra = extra
        self.log = log
    }

    /// Settings for a client of an `EmbeddedBroker`, in whatever process that runs.
    ///
    /// - Parameter bootstrapServers: What the broker calls its `bootstrapServers`.
    /// - Returns: Settings that make up for its simplicity.
    package static func embedded(bootstrapServers: String) -> KafkaSettings {
        var settings = KafkaSettings(bootstrapServers: bootstrapServers)
        settings.fetchWaitMaximum = .milliseconds(5)
        settings.groupSessionTimeout = .seconds(4)
        return settings
    }
}

extension KafkaSettings {
    /// Values of librdkafka's `security.protocol`.
    package enum SecurityProtocol: String, CaseIterable, Sendable {
        case plaintext = "PLAINTEXT"
        case ssl = "SSL"
        case saslPlaintext = "SASL_PLAINTEXT"
        case saslSSL = "SASL_SSL"
    }

    /// Values of librdkafka's `sasl.mechanism` that this driver knows.
    package enum SASLMechanism: String, CaseIterable, Sendable {
        case plain = "PLAIN"
        case scramSHA256 = "SCRAM-SHA-256"
        case scramSHA512 = "SCRAM-SHA-512"
    }

    /// The PEM files of a client that proves itself by certificate.
    package struct ClientCertificate: Sendable {
        /// The certificate, followed by its intermediates.
        package let certificateFile: String
        /// The private key.
        package let keyFile: String
        /// What the key file is encrypted with, if it is.
        package let keyPassword: String?

        package init(certificateFile: String, keyFile: String, keyPassword: String? = nil) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.keyPassword = keyPassword
        }
    }

    /// The librdkafka properties that these settings mean, `extra` last.
    var properties: [String: String] {
        var properties = [
            "bootstrap.servers": bootstrapServers,
            "security.protocol": securityProtocol.rawValue,
            "reconnect.backoff.max.ms": "1000",  // the default of 10 s is a long outage after a short restart
            "topic.metadata.refresh.fast.interval.ms": "100",
            "log.connection.close": "false",  // brokers close idle connections; that is no news
        ]
        properties["sasl.mechanism"] = saslMechanism?.rawValue
        properties["sasl.username"] = username
        properties["sasl.password"] = password
        properties["ssl.ca.location"] = certificateAuthorityFile
        properties["ssl.certificate.location"] = clientCertificate?.certificateFile
        properties["ssl.key.location"] = clientCertificate?.keyFile
        properties["ssl.key.password"] = clientCertificate?.keyPassword
        return properties.merging(extra) { _, extra in extra }
    }

    /// Further properties that only consumers understand; `extra` wins over them, too.
    var consumerProperties: [String: String] {
        [
            "fetch.wait.max.ms": "\(fetchWaitMaximum.milliseconds)",
            "session.timeout.ms": "\(groupSessionTimeout.milliseconds)",
            "heartbeat.interval.ms": "\(min(3_000, groupSessionTimeout.milliseconds / 8))",
            Self.queueProperty: "\(Self.queueKilobytes)",
        ]
    }

    /// What is fetched ahead, in KiB: a few batches.
    ///
    /// The default of four times as much is slower to read, and memory is bounded.
    private static let queueKilobytes = 16_384
    private static let queueProperty = "queued.max.messages.kbytes"

    /// How many bytes a consumer fetches ahead.
    var queueBytesMaximum: Int { (extra[Self.queueProperty].flatMap { Int($0) } ?? Self.queueKilobytes) << 10 }

    /// What an operator should look at when `code` came up with these settings.
    ///
    /// - Parameters:
    ///   - code: What librdkafka reported.
    ///   - libraryVersion: As `rd_kafka_version()` writes it: 0x020601ff is 2.6.1.
    /// - Returns: A sentence for the operator, or nil when the code says it all.
    func hint(for code: KafkaError.Code, libraryVersion: Int32 = rd_kafka_version()) -> String? {
        guard code == .authentication else { return nil }
        let isSCRAM = saslMechanism == .scramSHA256 || saslMechanism == .scramSHA512
        guard isSCRAM, libraryVersion < 0x0206_01ff else { return "check user name, password and mechanism" }
        return "librdkafka before 2.6.1 cannot log in with SCRAM to Kafka 4.0 or later, whatever the password: "
            + "use PLAIN or mutual TLS, or a newer librdkafka"
    }
}

/// One line that librdkafka wrote.
package struct KafkaLogLine: Sendable {
    /// Syslog severity, 0 (emergency) to 7 (debug).
    package let severity: Int
    /// librdkafka's name of the part that speaks, such as `FAIL`.
    package let facility: String
    /// The text: names of brokers, topics and groups, never records.
    package let message: String
}
