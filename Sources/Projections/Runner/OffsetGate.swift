import Domain

/// Sees to it that a partition is read offset by offset, in topics whose records have no sequence too: a reader that
/// was taken elsewhere would pass over events that nobody misses.
///
/// Kafka gives offsets without holes, and to nothing else than records, except in logs that are compacted or written in
/// transactions. So a hole is looked at twice: what is not there the second time either is the log's own.
struct OffsetGate {
    /// What a record is.
    enum Verdict: Hashable {
        /// The next one.
        case next
        /// It was read before, or comes from before the start.
        case earlier
        /// Records are missing before it; the partition is to be read again from its checkpoint.
        case hole(Range<Int64>)
    }

    /// The next offset of each topic.
    private(set) var next: [Topic: Int64] = [:]
    /// The hole that was met last in each topic.
    private var met: [Topic: Range<Int64>] = [:]

    /// Where the log ended when somebody asked for the first time since the start.
    private var ends: [Topic: Int64]?

    /// Whether everything was read that the log had at the start.
    ///
    /// A baseline finds some of it in the stores and some not, and what it found is told once more by the records:
    /// until they are read, content may go back to what it was before.
    var isPastStart: Bool { ends?.allSatisfy { (next[$0.key] ?? $0.value) >= $0.value } ?? false }

    /// Begins at these offsets, as a seek has sent the reader there.
    mutating func start(at offsets: [Topic: Int64]) {
        next = offsets
        ends = nil
    }

    /// Takes note of where the log ends now.
    ///
    /// - Returns: How many records were not read yet.
    mutating func lag(behind highs: [Topic: Int64]) -> Int64 {
        ends = ends ?? highs
        return highs.reduce(0) { $0 + max(0, $1.value - (next[$1.key] ?? $1.value)) }
    }

    /// Judges the record that came next, and moves behind it unless records are missing.
    mutating func pass(_ offset: Int64, of topic: Topic) -> Verdict {
        let expected = next[topic] ?? offset
        if offset < expected { return .earlier }
        let hole = expected..<offset
        if !hole.isEmpty, met[topic] != hole {
            met[topic] = hole
            return .hole(hole)
        }
        next[topic] = offset + 1
        if met[topic]?.contains(offset) ?? false { met[topic] = nil }  // it was the reader's, not the log's
        return .next
    }
}
