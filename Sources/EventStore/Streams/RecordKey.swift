package import Domain

/// What decides an event's shard: the practitioner's id, or the patient's where nothing is published.
package struct RecordKey: Hashable, Sendable {
    /// The first 64 bits of the id.
    package let high: UInt64
    /// The last 64 bits of the id.
    package let low: UInt64

    /// The key of everything about a practitioner or a patient.
    package init<Tag>(_ id: Identifier<Tag>) {
        high = id.high
        low = id.low
    }

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The lower-case UUID text, as it is the key of records in Kafka.
    package var utf8: [UInt8] { Identifier<RecordKey>(high: high, low: low).utf8 }

    /// Where Kafka's default partitioner puts this key: 0..<`Shard.count`.
    package var shard: Shard {
        Shard(Int(KafkaPartitioner.partition(key: utf8, count: Topic.partitionsPerTopic)))
    }
}

/// A part of one database's history with one order and one owner: the events of one Kafka partition, or those that are
/// recorded only.
package struct Shard: Hashable, Comparable, Sendable {
    /// Shards that are published, as many as a topic has partitions.
    package static let count = Int(Topic.partitionsPerTopic)
    /// Those that are published, in order.
    package static let all = (0..<count).map { Shard($0) }
    /// The shard of facts that have positions and seals like all others, but no topic: what was done to the system.
    package static let recordedOnly = Shard(count)
    /// Every shard that has positions and a tree, in order: the published ones and `recordedOnly`.
    package static let sealed = all + [recordedOnly]

    /// The number of the Kafka partition, or `count`.
    package let number: Int

    /// A shard by its number, which must be in 0...`count`.
    package init(_ number: Int) {
        precondition((0...Self.count).contains(number), "there is no shard of this number")
        self.number = number
    }

    package static func < (one: Self, other: Self) -> Bool { one.number < other.number }
}
