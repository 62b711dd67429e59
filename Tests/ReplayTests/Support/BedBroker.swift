import Configuration
import Domain
import EventStore
import Kafka
import Synchronization

/// The brokers of a bed: real ones, or one in this process, which another one can take the place of.
final class BedBroker: Sendable {
    private struct State {
        var embedded: EmbeddedBroker?
        var settings: KafkaSettings
    }

    private static let topics = KafkaConnection.topics(hasBaselines: true)

    private let state: Mutex<State>

    /// Starts one in this process, or creates the topics where real brokers have none.
    ///
    /// - Parameters:
    ///   - bootstrap: Where real ones are; nil: one in this process.
    ///   - topicSettings: Settings of the topics on real ones.
    /// - Throws: `KafkaError`.
    init(_ bootstrap: String?, _ topicSettings: [String: String]) async throws {
        guard let bootstrap else {
            let embedded = try Self.embedded()
            state = Mutex(State(embedded: embedded, settings: embedded.settings))
            return
        }
        let settings = KafkaSettings(bootstrapServers: bootstrap)
        try await KafkaAdmin(settings).createTopics(
            Self.topics.map {
                KafkaTopicSpecification(name: $0, partitions: Topic.partitionsPerTopic, configuration: topicSettings)
            })
        state = Mutex(State(embedded: nil, settings: settings))
    }

    /// Where clients find them now.
    var settings: KafkaSettings { state.withLock { $0.settings } }

    /// The one in this process is gone with all records, and another one that knows nothing is at another address.
    func replace() async throws {
        let next = try Self.embedded()
        let before = state.withLock { state in
            defer { state = State(embedded: next, settings: next.settings) }
            return state.embedded
        }
        await before?.close()
    }

    /// Ends the one in this process, or leaves real ones without topics, as they were.
    func close() async {
        let (embedded, settings) = state.withLock { ($0.embedded, $0.settings) }
        if let embedded { return await embedded.close() }
        try? await KafkaAdmin(settings).deleteTopics(Self.topics)
    }

    private static func embedded() throws -> EmbeddedBroker {
        try EmbeddedBroker(topics: topics.map { (name: $0, partitions: Topic.partitionsPerTopic) })
    }
}
