import CRdKafka
import Kafka
import Testing

/// What happens to logs in a week, at once.
enum Log {
    /// Forgets the oldest records of a topic's partitions; `rd_kafka_DeleteRecords()`.
    static func forget(_ cluster: Cluster, partitions: Int32, before offset: Int64) throws {
        let configuration = rd_kafka_conf_new()
        try #require(
            rd_kafka_conf_set(configuration, "bootstrap.servers", cluster.settings.bootstrapServers, nil, 0)
                == RD_KAFKA_CONF_OK)
        let client = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0))
        defer { rd_kafka_destroy(client) }
        let list = rd_kafka_topic_partition_list_new(partitions)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for number in 0..<partitions {
            rd_kafka_topic_partition_list_add(list, cluster.topic, number).pointee.offset = offset
        }
        var request = rd_kafka_DeleteRecords_new(list)
        defer { rd_kafka_DeleteRecords_destroy(request) }
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        rd_kafka_DeleteRecords(client, &request, 1, nil, queue)
        let answer = try #require(rd_kafka_queue_poll(queue, 10_000), "the cluster does not answer")
        defer { rd_kafka_event_destroy(answer) }
        try #require(rd_kafka_event_error(answer) == RD_KAFKA_RESP_ERR_NO_ERROR)
    }
}
