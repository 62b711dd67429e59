package import Domain

/// Where the topics of a partition ended at a moment: what a baseline that is taken afterwards goes on from.
package struct LogEnds: Hashable, Sendable {
    /// The offset that the next record of each topic got.
    package private(set) var offsets: [Topic: Int64] = [:]
    /// `ce_id` of the record before that offset, of topics without sequences; nil where there is none, or it is no
    /// event.
    package private(set) var lastRecords: [Topic: EventID] = [:]

    /// Nothing is known of any topic.
    package init() {}

    /// The offset that the next record of a topic got; nil where nobody asked.
    package subscript(_ topic: Topic) -> Int64? {
        get { offsets[topic] }
        set { offsets[topic] = newValue }
    }

    /// Notes which record came before a topic's end.
    mutating func set(lastRecord: EventID?, in topic: Topic) { lastRecords[topic] = lastRecord }

    /// The place of a model that has everything before these ends.
    ///
    /// - Parameters:
    ///   - topic: Which.
    ///   - sequence: The last position that went in, 0 in a topic without sequences.
    /// - Returns: Where it goes on.
    package func position(in topic: Topic, sequence: Int64) -> TopicPosition {
        TopicPosition(
            topic: topic, sequence: sequence, nextOffset: offsets[topic], lastRecord: lastRecords[topic])
    }
}

extension LogEnds: ExpressibleByDictionaryLiteral {
    /// Ends of which only the offsets are known.
    package init(dictionaryLiteral offsets: (Topic, Int64)...) {
        for (topic, offset) in offsets { self[topic] = offset }
    }
}
