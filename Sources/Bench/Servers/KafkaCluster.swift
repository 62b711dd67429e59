import Domain
import Kafka

/// The broker of one measurement, with empty topics.
struct KafkaCluster: Sendable {
    let settings: KafkaSettings
    /// The in-process broker, hosted here, where there is no real Kafka.
    private let embedded: EmbeddedBroker?

    var bootstrap: String { settings.bootstrapServers }
    var isReal: Bool { embedded == nil }

    /// A topic for limits, beside those of the system.
    static let limitTopic = "bench-limit"

    /// Empties the topics of a real Kafka, or starts a new in-process broker.
    ///
    /// Positions of a new database begin at 1, so the log of an old one must be gone.
    static func fresh(_ bench: BenchSettings) async throws -> KafkaCluster {
        let names = Topic.allCases.map(\.name) + [BaselineTopic.name, limitTopic]
        guard let bootstrap = bench.kafkaBootstrap else {
            let broker = try EmbeddedBroker(topics: names.map { (name: $0, partitions: Topic.partitionsPerTopic) })
            return KafkaCluster(settings: broker.settings, embedded: broker)
        }
        let settings = KafkaSettings(bootstrapServers: bootstrap)
        let admin = try KafkaAdmin(settings, clientID: "bench")
        try await admin.deleteTopics(names)
        try await admin.createTopics(
            names.map { KafkaTopicSpecification(name: $0, partitions: Topic.partitionsPerTopic) })
        return KafkaCluster(settings: settings, embedded: nil)
    }

    /// How many records a topic has, by its offsets.
    func recordCount(_ topic: Topic, _ admin: KafkaAdmin) async throws -> Int64 {
        var count: Int64 = 0
        for number in 0..<Topic.partitionsPerTopic {
            let ends = try await admin.watermarks(of: KafkaPartition(topic: topic.name, number: number))
            count += ends.high - ends.low
        }
        return count
    }

    func close() async { await embedded?.close() }
}
