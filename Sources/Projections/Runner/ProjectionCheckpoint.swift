package import Domain

/// Where a model stands in one partition: kept with the model, per topic a sequence, and offsets only as a hint.
package struct ProjectionCheckpoint: Hashable, Sendable {
    /// One entry a topic of the model, in the model's order.
    package var positions: [TopicPosition]
    /// When the newest event that is in happened; nil before the first.
    package var asOf: Instant?

    /// A place in every topic.
    package init(positions: [TopicPosition], asOf: Instant? = nil) {
        self.positions = positions
        self.asOf = asOf
    }

    /// The place in one topic; the start of the topic where it is not among them.
    package subscript(_ topic: Topic) -> TopicPosition {
        positions.first { $0.topic == topic } ?? TopicPosition(topic: topic, sequence: 0)
    }

    /// Replaces the place in the topic that `position` names.
    package mutating func set(_ position: TopicPosition) {
        if let index = positions.firstIndex(where: { $0.topic == position.topic }) {
            positions[index] = position
        } else {
            positions.append(position)
        }
    }
}

/// The last record of a topic's partition that went into a model.
package struct TopicPosition: Hashable, Sendable {
    /// The topic.
    package var topic: Topic
    /// `ce_sequence` of the last event that is in, 0 for none; stays 0 in a topic without sequences.
    package var sequence: Int64
    /// Where the record after it was expected: a hint for topics with sequences, as logs can be lost and begin anew.
    package var nextOffset: Int64?
    /// `ce_id` of the record before `nextOffset`: proves in a topic without sequences that the log is still the same.
    package var lastRecord: EventID?

    /// A place in a topic.
    package init(topic: Topic, sequence: Int64, nextOffset: Int64? = nil, lastRecord: EventID? = nil) {
        self.topic = topic
        self.sequence = sequence
        self.nextOffset = nextOffset
        self.lastRecord = lastRecord
    }
}
