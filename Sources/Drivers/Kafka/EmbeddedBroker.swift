import CRdKafka
import Executors

/// librdkafka's own broker in this process: the real protocol over a real port of 127.0.0.1, records in memory only.
///
/// It takes a random port, forgets everything when it is closed, keeps about 5 MB a partition, makes the first member
/// of a consumer group wait 3 s, and cannot create topics over the wire: they are all created here.
package actor EmbeddedBroker {
    private let client: KafkaClient
    private var cluster: OpaquePointer?  // rd_kafka_mock_cluster_t *; nil once closed
    private let executor = SerialQueueExecutor(label: "kafka.embedded-broker")
    /// Where clients find it, as `host:port`.
    package nonisolated let bootstrapServers: String
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Opens a port and creates the topics; it waits for nothing.
    ///
    /// - Parameters:
    ///   - topics: Names, and partitions each (at least 1).
    ///   - log: Gets the broker's own log lines.
    /// - Throws: `KafkaError` when no port is to be had or a topic is refused.
    package init(
        topics: [(name: String, partitions: Int32)], log: @escaping @Sendable (KafkaLogLine) -> Void = { _ in }
    ) throws(KafkaError) {
        let settings = KafkaSettings(bootstrapServers: "", log: log)
        let configuration = try KafkaConfiguration(KafkaCallbacks(settings: settings), clientID: "embedded-broker")
        client = try KafkaClient(configuration, kind: RD_KAFKA_PRODUCER)
        guard let cluster = client.withHandle({ rd_kafka_mock_cluster_new($0, 1) }) else {
            throw KafkaError(.transport, during: "start embedded broker")
        }
        bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
        for topic in topics {
            let code = rd_kafka_mock_topic_create(cluster, topic.name, topic.partitions, 1)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR { continue }
            rd_kafka_mock_cluster_destroy(cluster)
            throw KafkaError(code, during: "create embedded topic", reason: topic.name)
        }
        self.cluster = cluster
    }

    isolated deinit { close() }

    /// Settings for clients of this broker.
    package nonisolated var settings: KafkaSettings { .embedded(bootstrapServers: bootstrapServers) }

    /// Drops all connections and refuses new ones until `resume`; the records stay.
    package func interrupt() {
        if let cluster { rd_kafka_mock_broker_set_down(cluster, -1) }
    }

    /// Takes connections again after `interrupt`.
    package func resume() {
        if let cluster { rd_kafka_mock_broker_set_up(cluster, -1) }
    }

    /// Delays every answer by `time`.
    package func setRoundTrip(_ time: Duration) {
        if let cluster { rd_kafka_mock_broker_set_rtt(cluster, -1, time.milliseconds) }
    }

    /// Answers the next produce requests with an error, so that a delivery failure can be had on demand.
    ///
    /// - Parameters:
    ///   - code: A broker's code, such as `invalidPartitions`; `transport` drops the connection instead.
    ///   - count: How many requests, at least 1.
    package func failProduce(with code: KafkaError.Code, count: Int = 1) {
        if let cluster { crdkafka_mock_fail_produce(cluster, rd_kafka_resp_err_t(code.rawValue), count) }
    }

    /// Ends the broker and forgets its records; closing twice is fine.
    package func close() {
        guard let cluster else { return }
        self.cluster = nil
        rd_kafka_mock_cluster_destroy(cluster)
    }
}
