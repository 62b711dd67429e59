import CRdKafka

/// A list of partitions in librdkafka's form, with one owner.
struct PartitionList: ~Copyable {
    private let handle: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// Writes `entries` down with their offsets; `rd_kafka_topic_partition_list_add()`.
    init(_ entries: some Collection<(KafkaPartition, Int64)>) {
        handle = rd_kafka_topic_partition_list_new(Int32(entries.count))
        for (partition, offset) in entries {
            rd_kafka_topic_partition_list_add(handle, partition.topic, partition.number).pointee.offset = offset
        }
    }

    /// Writes `partitions` down without offsets.
    init(_ partitions: some Collection<KafkaPartition>) {
        self.init(partitions.map { ($0, Int64(RD_KAFKA_OFFSET_INVALID)) })
    }

    deinit { rd_kafka_topic_partition_list_destroy(handle) }

    /// Lends the raw pointer to one C call, which must not keep it.
    borrowing func withHandle<T>(_ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> T) -> T {
        body(handle)
    }

    /// The entries as they are now, after a C call may have filled them in.
    borrowing func entries() -> [(partition: KafkaPartition, offset: Int64, error: rd_kafka_resp_err_t)] {
        Self.entries(of: handle)
    }

    /// Reads a list that C owns.
    static func entries(
        of list: UnsafePointer<rd_kafka_topic_partition_list_t>
    ) -> [(partition: KafkaPartition, offset: Int64, error: rd_kafka_resp_err_t)] {
        UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt)).map { element in
            let partition = KafkaPartition(topic: String(cString: element.topic), number: element.partition)
            return (partition, element.offset, element.err)
        }
    }

    /// The first error that an entry carries.
    borrowing func firstError(during operation: String) -> KafkaError? {
        for entry in entries() where entry.error != RD_KAFKA_RESP_ERR_NO_ERROR {
            return KafkaError(entry.error, during: operation, reason: "\(entry.partition)")
        }
        return nil
    }
}
