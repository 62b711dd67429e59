import Synchronization
import Testing

@testable import Kafka

/// Settings become properties, bad ones stop the start, and errors say what to do.
@Suite("Kafka settings")
struct SettingsTests {
    struct HintCase: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var code = KafkaError.Code.authentication
        var mechanism: KafkaSettings.SASLMechanism? = .scramSHA512
        var library: Int32 = 0x0200_02ff
        var mentions: String?
    }

    static let hints = [
        HintCase(testDescription: "SCRAM with an old library", mentions: "before 2.6.1"),
        HintCase(testDescription: "SCRAM with a new library", library: 0x0206_01ff, mentions: "password"),
        HintCase(testDescription: "PLAIN", mechanism: .plain, mentions: "password"),
        HintCase(testDescription: "no authentication trouble", code: .transport, mentions: nil),
    ]

    @Test(arguments: hints)
    func hint(_ example: HintCase) throws {
        let settings = KafkaSettings(
            bootstrapServers: "b:1", securityProtocol: .saslSSL, saslMechanism: example.mechanism, username: "u",
            password: "p")
        let hint = settings.hint(for: example.code, libraryVersion: example.library)
        #expect((hint == nil) == (example.mentions == nil))
        if let words = example.mentions { #expect(try #require(hint).contains(words)) }
    }

    @Test func allSettingsBecomeProperties() {
        var settings = KafkaSettings(
            bootstrapServers: "a:1,b:2", securityProtocol: .saslSSL, saslMechanism: .scramSHA256, username: "user",
            password: "secret", certificateAuthorityFile: "/ca.pem",
            clientCertificate: .init(certificateFile: "/c.pem", keyFile: "/k.pem", keyPassword: "pass"),
            extra: ["socket.timeout.ms": "1000"])
        let properties = settings.properties
        #expect(properties["bootstrap.servers"] == "a:1,b:2")
        #expect(properties["security.protocol"] == "SASL_SSL")
        #expect(properties["sasl.mechanism"] == "SCRAM-SHA-256")
        #expect(properties["sasl.username"] == "user")
        #expect(properties["sasl.password"] == "secret")
        #expect(properties["ssl.ca.location"] == "/ca.pem")
        #expect(properties["ssl.certificate.location"] == "/c.pem")
        #expect(properties["ssl.key.location"] == "/k.pem")
        #expect(properties["ssl.key.password"] == "pass")
        #expect(properties["socket.timeout.ms"] == "1000")
        settings = KafkaSettings(bootstrapServers: "a:1")
        #expect(settings.properties.keys.allSatisfy { !$0.hasPrefix("sasl") && !$0.hasPrefix("ssl") })
    }

    struct BadCase: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var extra: [String: String]
    }

    static let bad = [
        BadCase(testDescription: "unknown property", extra: ["no.such.property": "1"]),
        BadCase(testDescription: "value out of range", extra: ["socket.timeout.ms": "-5"]),
        BadCase(testDescription: "contradiction", extra: ["max.in.flight": "100"]),
    ]

    @Test(arguments: bad)
    func refuses(_ example: BadCase) throws {
        let settings = KafkaSettings(bootstrapServers: "127.0.0.1:1", extra: example.extra)
        let error = try #require(throws: KafkaError.self) { _ = try KafkaProducer(settings, clientID: "test") }
        #expect(error.code == .invalidConfiguration)
    }

    @Test func promisesCannotBeConfiguredAway() async throws {
        let extra = ["acks": "0", "enable.idempotence": "false"]
        let broker = try EmbeddedBroker(topics: [("t", 1)])
        let settings = KafkaSettings(bootstrapServers: broker.bootstrapServers, extra: extra)
        let producer = try KafkaProducer(settings, clientID: "test")
        let record = KafkaRecord(topic: "t", partition: 0, key: [], value: [1])
        #expect(try await producer.send([record, record]) == [0, 1])  // without acks there would be no offsets
        await producer.close()
        await broker.close()
    }

    @Test func descriptionsKeepWordsOfTheLibraryPrivate() {
        let error = KafkaError(.transport, during: "produce", reason: "host secret.internal")
        #expect(error.description == "KafkaError(_TRANSPORT during produce)")
        #expect(error.debugDescription.contains("secret.internal"))
        #expect(error.isRetriable && error.isUnreachable && !error.isFatal)
        #expect(!KafkaError(.authentication, during: "connect").isRetriable)
    }

    @Test func logLinesGoToTheClosure() async throws {
        let lines = Mutex<[String]>([])
        let settings = KafkaSettings(
            bootstrapServers: "127.0.0.1:1", log: { line in lines.withLock { $0.append(line.facility) } })
        let admin = try KafkaAdmin(settings)
        #expect(await !admin.isReachable(within: .seconds(1)))
        #expect(lines.withLock { $0.contains("FAIL") })
    }
}
