import CRdKafka
import Executors

/// librdkafka's own broker in this process: the real protocol over a real port of 127.0.0.1, records in memory only.
///
/// It takes a random port, forgets everything when it is closed, keeps about 5 MB a partition, makes the first member
/// of a consumer group wait 3 s, and cannot create topics over the wire: they are all created here.
package actor EmbeddedBroker {
    private var cluster: MockCluster?  // nil once closed
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
        let cluster = try MockCluster(KafkaClient(configuration, kind: RD_KAFKA_PRODUCER))
        bootstrapServers = cluster.withHandle { String(cString: rd_kafka_mock_cluster_bootstraps($0)) }
        for topic in topics {
            let code = cluster.withHandle { rd_kafka_mock_topic_create($0, topic.name, topic.partitions, 1) }
            if code == RD_KAFKA_RESP_ERR_NO_ERROR { continue }
            throw KafkaError(code, during: "create embedded topic", reason: topic.name)
        }
        self.cluster = cluster
    }

    /// Settings for clients of this broker.
    package nonisolated var settings: KafkaSettings { .embedded(bootstrapServers: bootstrapServers) }

    /// Drops all connections and refuses new ones until `resume`; the records stay.
    package func interrupt() {
        cluster?.withHandle { _ = rd_kafka_mock_broker_set_down($0, -1) }
    }

    /// Takes connections again after `interrupt`.
    package func resume() {
        cluster?.withHandle { _ = rd_kafka_mock_broker_set_up($0, -1) }
    }

    /// Delays every answer by `time`.
    package func setRoundTrip(_ time: Duration) {
        cluster?.withHandle { _ = rd_kafka_mock_broker_set_rtt($0, -1, time.milliseconds) }
    }

    /// Answers the next produce requests with an error, so that a delivery failure can be had on demand.
    ///
    /// - Parameters:
    ///   - code: A broker's code, such as `invalidPartitions`; `transport` drops the connection instead.
    ///   - count: How many requests, at least 1.
    package func failProduce(with code: KafkaError.Code, count: Int = 1) {
        cluster?.withHandle { crdkafka_mock_fail_produce($0, rd_kafka_resp_err_t(code.rawValue), count) }
    }

    /// Ends the broker and forgets its records; closing twice is fine.
    package func close() {
        cluster = nil
    }
}

/// One `rd_kafka_mock_cluster_t` with exactly one owner, ended when that owner goes away.
private final class MockCluster: @unchecked Sendable {  // immutable; the mock functions are thread safe
    private let handle: OpaquePointer  // lent out only by withHandle
    private let client: KafkaClient  // must outlive the cluster

    init(_ client: KafkaClient) throws(KafkaError) {
        guard let handle = client.withHandle({ rd_kafka_mock_cluster_new($0, 1) }) else {
            throw KafkaError(.transport, during: "start embedded broker")
        }
        self.handle = handle
        self.client = client
    }

    deinit { rd_kafka_mock_cluster_destroy(handle) }

    /// Lends the raw pointer to one C call, which must not keep it.
    func withHandle<T>(_ body: (OpaquePointer) -> T) -> T { body(handle) }
}
