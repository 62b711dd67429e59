import Domain
import Kafka

/// Finds Kafka: a cluster by its settings, or the in-process broker wherever its file says that it is now.
struct KafkaConnection: Sendable {
    /// The in-process broker has written no address: it does not run.
    struct NoBroker: Error, CustomStringConvertible {
        let path: String

        var description: String { "no broker address in \(path)" }
    }

    private let access: Settings.KafkaAccess

    init(_ access: Settings.KafkaAccess) { self.access = access }

    /// The settings to connect with now; asked again after a connection was lost, since the in-process broker moves.
    ///
    /// - Throws: `NoBroker`.
    func settings() throws -> KafkaSettings {
        switch access {
        case .cluster(let settings): return settings
        case .embedded(let path):
            let bytes = (try? FileBytes.read(path, bytesMax: 256)) ?? []
            let address = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            if address.isEmpty { throw NoBroker(path: path) }
            return .embedded(bootstrapServers: address)
        }
    }

    /// Creates our topics on a cluster that lacks them; the in-process broker makes its own.
    ///
    /// - Throws: `KafkaError`.
    func createTopics() async throws {
        guard case .cluster(let settings) = access else { return }
        let admin = try KafkaAdmin(settings)
        let brokers = try await admin.metadata().brokers
        let replication = min(brokers, 3)
        try await admin.createTopics(
            Topic.allCases.map { topic in
                KafkaTopicSpecification(
                    name: topic.name, partitions: Topic.partitionsPerTopic, replication: Int32(replication),
                    configuration: [
                        "retention.ms": "\(7 * 86_400_000)", "min.insync.replicas": "\(max(replication - 1, 1))",
                    ])
            })
    }
}
