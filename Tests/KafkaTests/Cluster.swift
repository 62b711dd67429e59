import Foundation
import Kafka
import Testing

/// The clusters that the same test runs on: the embedded broker always, a real one where the environment names it.
enum ClusterKind: String, CustomTestStringConvertible, Sendable {
    case embedded
    case real

    static let realBootstrap = ProcessInfo.processInfo.environment["TEST_KAFKA_BOOTSTRAP"]
    static let available: [ClusterKind] = realBootstrap == nil ? [.embedded] : [.embedded, .real]

    var testDescription: String { "\(rawValue) broker" }
}

/// A cluster with fresh topics for one test.
struct Cluster {
    let settings: KafkaSettings
    let topics: [String]
    let broker: EmbeddedBroker?

    /// Starts or finds the cluster and creates `count` topics of `partitions` partitions each.
    static func start(_ kind: ClusterKind, topics count: Int = 1, partitions: Int32 = 1) async throws -> Cluster {
        let topics = (1...count).map { _ in unique("topic") }
        switch kind {
        case .embedded:
            let broker = try EmbeddedBroker(topics: topics.map { ($0, partitions) })
            return Cluster(settings: broker.settings, topics: topics, broker: broker)
        case .real:
            let bootstrap = try #require(ClusterKind.realBootstrap)
            let settings = KafkaSettings(bootstrapServers: bootstrap)
            let specifications = topics.map { KafkaTopicSpecification(name: $0, partitions: partitions) }
            try await KafkaAdmin(settings).createTopics(specifications)
            return Cluster(settings: settings, topics: topics, broker: nil)
        }
    }

    var topic: String { topics[0] }

    /// A record whose value is its number.
    func record(_ number: Int, partition: Int32 = 0) -> KafkaRecord {
        KafkaRecord(topic: topic, partition: partition, key: Array("k\(number)".utf8), value: Array("\(number)".utf8))
    }

    /// Reads partition 0 of the first topic from `start`.
    func reader(from start: KafkaStart = .beginning, reportsEnd: Bool = false) throws -> KafkaConsumer {
        let partition = KafkaPartition(topic: topic, number: 0)
        return try KafkaConsumer(
            settings, clientID: unique("reader"), assigning: [partition: start], reportsEnd: reportsEnd)
    }
}

/// A name that no other test, and no earlier run, uses.
func unique(_ prefix: String) -> String { "\(prefix)-\(UUID().uuidString.lowercased())" }

/// What a test waited for did not happen.
struct DeadlinePassed: Error {}

extension KafkaConsumer {
    /// Polls until `count` records came.
    func values(_ count: Int, within limit: Duration = .seconds(30)) async throws -> [String] {
        var values: [String] = []
        let deadline = ContinuousClock.now + limit
        while values.count < count {
            guard ContinuousClock.now < deadline else { throw DeadlinePassed() }
            for record in try await poll(max: 5_000, timeout: .milliseconds(200)) {
                values.append(record.withValue { String(decoding: $0, as: UTF8.self) })
            }
        }
        return values
    }

    /// Polls until an event comes that `isWanted`.
    func event(
        within limit: Duration = .seconds(30), where isWanted: (KafkaEvent) -> Bool
    ) async throws -> KafkaEvent {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let batch = try await poll(max: 100, timeout: .milliseconds(200))
            if let event = batch.events.first(where: isWanted) { return event }
        }
        throw DeadlinePassed()
    }
}

/// Asks `condition` again and again until it holds.
func eventually(within limit: Duration = .seconds(30), _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw DeadlinePassed() }
        try await Task.sleep(for: .milliseconds(5))  // between two looks at the condition, never instead of one
    }
}
