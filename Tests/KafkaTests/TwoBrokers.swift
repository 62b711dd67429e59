import CRdKafka
import Kafka
import Testing

/// Two brokers of librdkafka (`rdkafka_mock.h`) with one topic of one partition, led by the first: what a cluster looks
/// like of which one goes away.
final class TwoBrokers: @unchecked Sendable {  // immutable; the mock functions are thread safe
    let topic = unique("topic")
    private let client: OpaquePointer  // must outlive the cluster
    private let cluster: OpaquePointer

    init() throws {
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set_log_cb(configuration, nil)  // it would complain that it has no broker to connect to
        client = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0))
        cluster = try #require(rd_kafka_mock_cluster_new(client, 2))
        try #require(rd_kafka_mock_topic_create(cluster, topic, 1, 2) == RD_KAFKA_RESP_ERR_NO_ERROR)
        try lead(by: 1)
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    var settings: KafkaSettings {
        .embedded(bootstrapServers: String(cString: rd_kafka_mock_cluster_bootstraps(cluster)))
    }

    /// Drops all connections of a broker, 1 or 2, and refuses new ones.
    func stop(_ broker: Int32) {
        rd_kafka_mock_broker_set_down(cluster, broker)
    }

    /// Makes a broker, 1 or 2, the leader, or with -1 nobody; clients learn that only by asking.
    func lead(by broker: Int32) throws {
        try #require(rd_kafka_mock_partition_set_leader(cluster, topic, 0, broker) == RD_KAFKA_RESP_ERR_NO_ERROR)
    }
}
