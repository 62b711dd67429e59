import Domain

/// Lets records pass in the order of their sequences, each once: what came before is dropped, what jumps ahead is
/// reported.
struct SequenceGate {
    /// What became of some records.
    struct Passage {
        /// To be applied: of each topic consecutive from the checkpoint on.
        var accepted: [ProjectionRecord] = []
        /// How many were in before.
        var duplicates = 0
        /// The first record that skips a position; those after it were not looked at.
        var jump: Jump?
        /// That one and those after it.
        var unseen = 0
    }

    /// A record whose predecessors are missing.
    struct Jump: Hashable, Sendable {
        let topic: Topic
        let expected: Int64
        let found: Int64
    }

    /// Where the model stands after everything that has passed.
    private(set) var checkpoint: ProjectionCheckpoint
    private let sequenced: Set<Topic>

    /// Starts behind `checkpoint`; records of topics that are not in `sequenced` all pass.
    init(_ checkpoint: ProjectionCheckpoint, sequenced: Set<Topic>) {
        self.checkpoint = checkpoint
        self.sequenced = sequenced
    }

    /// Judges records in the order in which they were read, and moves the checkpoint behind those that pass.
    mutating func pass(_ records: [ProjectionRecord]) -> Passage {
        var passage = Passage()
        passage.accepted.reserveCapacity(records.count)
        var positions = checkpoint.positions
        var newest: [Int?] = positions.map { _ in nil }  // index in `accepted` of the newest record a topic
        for (index, record) in records.enumerated() {
            guard let place = positions.firstIndex(where: { $0.topic == record.topic }) else {
                preconditionFailure("a model got a record of a topic that it does not read")
            }
            if sequenced.contains(record.topic) {
                let expected = positions[place].sequence + 1
                if record.sequence < expected {
                    passage.duplicates += 1
                    continue
                }
                guard record.sequence == expected else {
                    passage.jump = Jump(topic: record.topic, expected: expected, found: record.sequence)
                    passage.unseen = records.count - index
                    break
                }
                positions[place].sequence = expected
            }
            newest[place] = passage.accepted.count
            passage.accepted.append(record)
        }
        advance(positions, newest.map { index in index.map { passage.accepted[$0] } })
        return passage
    }

    private mutating func advance(_ positions: [TopicPosition], _ newest: [ProjectionRecord?]) {
        checkpoint.positions = positions
        for (place, record) in newest.enumerated() {
            guard let record else { continue }
            checkpoint.positions[place].nextOffset = record.offset >= 0 ? record.offset + 1 : nil
            checkpoint.positions[place].lastRecord = record.eventID
            if let occurred = record.occurredAt { checkpoint.asOf = max(checkpoint.asOf ?? occurred, occurred) }
        }
    }
}
