/// One record on its way to a partition.
package struct KafkaRecord: Sendable {
    /// The topic, which must exist.
    package var topic: String
    /// The partition, 0..<the topic's count; the caller chooses it from the key.
    package var partition: Int32
    /// What keeps records together; empty means none.
    package var key: [UInt8]
    /// The content.
    package var value: [UInt8]
    /// Named facts about the content, in this order.
    package var headers: [KafkaHeader]
    /// Milliseconds since 1970; nil: the time of sending.
    package var timestampMilliseconds: Int64?

    package init(
        topic: String, partition: Int32, key: [UInt8], value: [UInt8], headers: [KafkaHeader] = [],
        timestampMilliseconds: Int64? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.key = key
        self.value = value
        self.headers = headers
        self.timestampMilliseconds = timestampMilliseconds
    }
}

/// One named fact about a record.
package struct KafkaHeader: Hashable, Sendable {
    /// The name, without zero characters.
    package let name: String
    /// The bytes as they travel.
    package let value: [UInt8]

    package init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }

    package init(name: String, text: String) {
        self.init(name: name, value: Array(text.utf8))
    }
}
