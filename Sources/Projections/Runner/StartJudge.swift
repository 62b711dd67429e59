import Domain

/// What a partition of a topic looks like in the log at one moment.
struct TopicLog: Hashable, Sendable {
    /// Offset of the oldest record.
    var low: Int64
    /// Offset that the next record gets.
    var high: Int64
    /// `ce_sequence` of the oldest event; nil where there is none, and in topics without sequences.
    var firstSequence: Int64?
    /// The highest `ce_sequence` among the newest records.
    var lastSequence: Int64?
    /// Whether the record before the checkpoint's `nextOffset` is the one that the checkpoint names.
    var confirmsHint: Bool
}

/// How far the store says that a topic's partition is.
struct TopicHead: Hashable, Sendable {
    /// The last position that was given.
    var stamped: Int64
    /// The last position that some broker has acknowledged.
    var acknowledged: Int64
}

/// Says how a partition starts, from checkpoint, log and store alone; asked at every start, as a log that was emptied
/// looks quiet, not broken.
enum StartJudge {
    /// How a partition starts.
    enum Verdict: Hashable, Sendable {
        /// At these offsets.
        case resume([Topic: Int64])
        /// The log lacks what the model needs next, and the store has it.
        case baseline(BaselineReason)
        /// Neither has it, or they contradict each other.
        case stop(StopReason)
    }

    /// Judges all topics of a model.
    ///
    /// - Parameters:
    ///   - checkpoint: Where the model stands; nil where it was never built.
    ///   - logs: What the log has, an entry a topic; read after `heads`, so that what the store calls acknowledged must
    ///     be there.
    ///   - heads: How far the store is, an entry a topic with sequences.
    /// - Returns: Where to go on, or why that cannot be done.
    static func judge(
        _ checkpoint: ProjectionCheckpoint?, logs: [Topic: TopicLog], heads: [Topic: TopicHead]
    ) -> Verdict {
        guard let checkpoint else { return .baseline(.neverBuilt) }
        var starts: [Topic: Int64] = [:]
        for (topic, log) in logs {
            let position = checkpoint[topic]
            if let head = heads[topic] {
                if position.sequence > head.stamped {
                    return .stop(.aheadOfStore(topic, sequence: position.sequence, stamped: head.stamped))
                }
                guard covers(log, from: position.sequence, to: head.acknowledged) else {
                    return .baseline(.logLacksEvents)
                }
                starts[topic] = start(position, log)
            } else {
                guard let next = position.nextOffset, (log.low...log.high).contains(next),
                    next == log.low || log.confirmsHint
                else { return .baseline(.logChanged) }
                starts[topic] = next
            }
        }
        return .resume(starts)
    }

    /// Whether the log has everything after `sequence` that some broker once acknowledged.
    private static func covers(_ log: TopicLog, from sequence: Int64, to acknowledged: Int64) -> Bool {
        if acknowledged <= sequence { return true }
        guard let first = log.firstSequence, let last = log.lastSequence else { return false }
        return first <= sequence + 1 && last >= acknowledged
    }

    /// The hint where the log confirms it; else the earliest offset that the next sequence can have.
    ///
    /// From one record to the next the sequence rises by one at most, so that is as many records after the first one.
    private static func start(_ position: TopicPosition, _ log: TopicLog) -> Int64 {
        if let next = position.nextOffset, log.confirmsHint, (log.low...log.high).contains(next) { return next }
        guard let first = log.firstSequence else { return log.high }
        return min(log.high, log.low + max(0, position.sequence + 1 - first))
    }
}

/// Why a partition is built anew.
enum BaselineReason: String, Hashable, Sendable {
    case neverBuilt = "never_built"
    case logLacksEvents = "log_lacks_events"
    case logChanged = "log_changed"
    case modelLost = "model_lost"
}
