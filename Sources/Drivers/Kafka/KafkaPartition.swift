import CRdKafka

/// One partition of one topic.
package struct KafkaPartition: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The topic's name.
    package let topic: String
    /// The number of the partition, from 0.
    package let number: Int32

    package init(topic: String, number: Int32) {
        self.topic = topic
        self.number = number
    }

    /// By number first, so that equal numbers of several topics stand together.
    package static func < (a: Self, b: Self) -> Bool { (a.number, a.topic) < (b.number, b.topic) }

    package var description: String { "\(topic)[\(number)]" }
}

/// Where reading a partition begins.
package enum KafkaStart: Hashable, Sendable {
    /// At this offset, 0 or more; if the log no longer, or not yet, has it: `KafkaEvent.offsetOutOfRange`.
    case offset(Int64)
    /// At the oldest record that the log still has.
    case beginning
    /// After the newest record.
    case end
    /// Where the group committed; a group that never committed gets `KafkaEvent.offsetOutOfRange`.
    case committed
    /// Nowhere: nothing is fetched before a `seek` says where.
    ///
    /// For whoever seeks anyway: a partition that was given one of the places above, other than an offset, asks a
    /// broker for it, and where a seek overtakes the answer librdkafka 2.0.2 asks once more, goes there half a second
    /// later, and passes over all that lies between.
    case held

    /// As librdkafka writes it.
    var rawOffset: Int64 {
        switch self {
        case .offset(let offset): offset
        case .beginning: crdkafka_offset_beginning()
        case .end: crdkafka_offset_end()
        case .committed: crdkafka_offset_stored()
        case .held: 0  // any that nobody has to ask for, as nothing is fetched before a leader is known
        }
    }
}

/// The oldest and the next offset of a partition.
package struct KafkaWatermarks: Hashable, Sendable {
    /// Offset of the oldest record that is still there.
    package let low: Int64
    /// Offset that the next record will get.
    package let high: Int64

    package init(low: Int64, high: Int64) {
        self.low = low
        self.high = high
    }
}
