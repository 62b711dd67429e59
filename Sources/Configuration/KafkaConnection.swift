import Domain
package import Kafka

/// Finds Kafka: a cluster by its settings, or the in-process broker wherever its file says that it is now.
package struct KafkaConnection: Sendable {
    /// The in-process broker has written no address: it does not run.
    package struct NoBroker: Error, CustomStringConvertible {
        let path: String

        /// Says where an address was looked for.
        package var description: String { "no broker address in \(path)" }
    }

    private let access: KafkaAccess

    /// Connects to nothing yet.
    package init(_ access: KafkaAccess) { self.access = access }

    /// The settings to connect with now; asked again after a connection was lost, since the in-process broker moves.
    ///
    /// - Throws: `NoBroker`.
    package func settings() throws -> KafkaSettings {
        switch access {
        case .cluster(let settings): return settings
        case .embedded(let path):
            let bytes = (try? FileBytes.read(path, bytesMax: 256)) ?? []
            let address = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            if address.isEmpty { throw NoBroker(path: path) }
            return .embedded(bootstrapServers: address)
        }
    }

    /// Creates our topics on a cluster that lacks them, trying until it is there; the in-process broker makes its own.
    ///
    /// - Parameters:
    ///   - hasBaselines: Whether the topic that models put what they hold into is wanted, too.
    ///   - report: Gets each failure; trying goes on until the task is cancelled.
    package func ensureTopics(hasBaselines: Bool, _ report: @Sendable (any Error) -> Void) async {
        guard case .cluster(let settings) = access else { return }
        while !Task.isCancelled {
            do { return try await createTopics(hasBaselines, settings) } catch { report(error) }
            do { try await Task.sleep(for: .seconds(2)) } catch { return }
        }
    }

    /// The names of our topics, with or without that of baselines.
    package static func topics(hasBaselines: Bool) -> [String] {
        Topic.allCases.map(\.name) + (hasBaselines ? [BaselineTopic.name] : [])
    }

    private func createTopics(_ hasBaselines: Bool, _ settings: KafkaSettings) async throws {
        let admin = try KafkaAdmin(settings)
        let brokers = try await admin.metadata().brokers
        let replication = min(brokers, 3)
        try await admin.createTopics(
            Self.topics(hasBaselines: hasBaselines).map { name in
                KafkaTopicSpecification(
                    name: name, partitions: Topic.partitionsPerTopic, replication: Int32(replication),
                    configuration: [
                        "retention.ms": "\(7 * 86_400_000)", "min.insync.replicas": "\(max(replication - 1, 1))",
                    ])
            })
    }
}
