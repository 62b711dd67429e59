import Configuration
import Testing

@testable import appointments

@Suite("Settings")
struct SettingsTests {
    static let complete = [
        "BOOKING_DATABASE_URL": "postgresql:///booking", "PRACTITIONER_DATABASE_URL": "postgresql:///practitioner",
        "PATIENT_DATABASE_URL": "postgresql:///patient", "REDIS_URL": "redis://127.0.0.1:6379", "KMS_KEY": "file:key",
    ]

    struct Fault: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let changes: [String: String]
        /// The setting that the one line must name.
        let names: String
    }

    static let faults: [Fault] = [
        Fault(
            testDescription: "no database", changes: ["BOOKING_DATABASE_URL": ""], names: "BOOKING_DATABASE_URL"),
        Fault(
            testDescription: "a database that is no URI", changes: ["PATIENT_DATABASE_URL": "localhost"],
            names: "PATIENT_DATABASE_URL"),
        Fault(testDescription: "a Redis that is no URL", changes: ["REDIS_URL": "nope"], names: "REDIS_URL"),
        Fault(testDescription: "a port that is no number", changes: ["PORT": "http"], names: "PORT"),
        Fault(testDescription: "a port out of range", changes: ["PORT": "70000"], names: "PORT"),
        Fault(testDescription: "one port for both", changes: ["PORT": "8081"], names: "OPS_PORT"),
        Fault(
            testDescription: "a neighbour without a scheme", changes: ["BOOKING_URL": "localhost:1"],
            names: "BOOKING_URL"),
        Fault(testDescription: "half an identity provider", changes: ["OIDC_ISSUER": "https://id"], names: "OIDC_"),
        Fault(
            testDescription: "a login for the in-process broker", changes: ["KAFKA_SASL_USERNAME": "u"],
            names: "KAFKA_SASL_USERNAME"),
        Fault(
            testDescription: "SASL without a password",
            changes: [
                "KAFKA_BOOTSTRAP_SERVERS": "k:9092", "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
                "KAFKA_SASL_MECHANISM": "PLAIN", "KAFKA_SASL_USERNAME": "u",
            ], names: "KAFKA_SASL_PASSWORD"),
        Fault(testDescription: "a key service that is not built", changes: ["KMS_KEY": "aws-kms:1"], names: "KMS_KEY"),
        Fault(
            testDescription: "a history key of a key service", changes: ["HISTORY_KEY": "kms:1"], names: "HISTORY_KEY"),
        Fault(
            testDescription: "heads that are no folder", changes: ["HISTORY_HEADS": "s3://b"], names: "HISTORY_HEADS"),
        Fault(
            testDescription: "baselines that come after the log has forgotten the last ones",
            changes: ["LOG_BASELINE_HOURS": "121"], names: "LOG_BASELINE_HOURS"),
        Fault(
            testDescription: "baselines at no interval", changes: ["LOG_BASELINE_HOURS": "0"],
            names: "LOG_BASELINE_HOURS"),
        Fault(
            testDescription: "a search engine that is not built", changes: ["OPENSEARCH_URL": "http://o"],
            names: "OPENSEARCH_URL"),
    ]

    @Test("names the setting that is wrong, one line a fault", arguments: faults)
    func refuses(_ fault: Fault) throws {
        let values = Self.complete.merging(fault.changes) { $1 }
        let error = try #require(throws: SettingsError.self) { try Settings.read(values) }
        #expect(error.lines.contains { $0.hasPrefix(fault.names) }, "\(error.lines)")
    }

    @Test("tells all faults at once")
    func tellsAll() throws {
        let error = try #require(throws: SettingsError.self) { try Settings.read([:]) }
        #expect(error.lines.count == 5)
    }

    @Test("takes the defaults of one machine")
    func takesDefaults() throws {
        let settings = try Settings.read(Self.complete)
        #expect(settings.port == 8_080)
        #expect(settings.operationsPort == 8_081)
        #expect(settings.logBaselineHours == nil)
        guard case .embedded(let file) = settings.kafka else { Issue.record("not the in-process broker"); return }
        #expect(file == ".run/broker.address")
    }

    @Test("roles: all, a list, or an error that says which are known")
    func readsRoles() throws {
        #expect(try ServiceRole.parse("all").count == ServiceRole.allCases.count)
        #expect(try ServiceRole.parse("booking,relay") == [.booking, .relay])
        let error = try #require(throws: UsageError.self) { try ServiceRole.parse("booking,cook") }
        #expect(error.message.contains("'cook'") && error.message.contains("projection"))
        #expect(throws: UsageError.self) { try ServiceRole.parse("booking,") }
    }
}
