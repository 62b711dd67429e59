import Domain
import ProjectionRunner

/// How a partition of a model is, in one word; spelled as in the JSON output.
enum PartitionState: String, CaseIterable, Sendable {
    case caughtUp = "caught-up"
    case behind
    /// The log lacks what the model needs next; the store has it.
    case needsBaseline = "needs-baseline"
    /// The model has positions that the store never gave: another store, or an older copy of it.
    case aheadOfStore = "ahead-of-store"
    case neverBuilt = "never-built"
    /// Model, store or log could not be asked.
    case unknown

    /// Judges a partition from what is known of its topics.
    ///
    /// - Parameters:
    ///   - checkpoint: Where the model stands; nil: it was never built.
    ///   - topics: What the store and the log have, one entry a topic.
    /// - Returns: The worst that holds.
    static func judge(_ checkpoint: ProjectionCheckpoint?, _ topics: [TopicStatus]) -> PartitionState {
        guard let checkpoint else { return .neverBuilt }
        var isUnknown = false
        var isBehind = false
        for topic in topics {
            let sequence = checkpoint[topic.topic].sequence
            if let store = topic.store {
                if sequence > store.stamped { return .aheadOfStore }
                if let log = topic.log, !log.covers(from: sequence, to: store.acknowledged) { return .needsBaseline }
            }
            guard let lag = topic.lagEvents else {
                isUnknown = true
                continue
            }
            if lag > 0 { isBehind = true }
        }
        return isBehind ? .behind : isUnknown ? .unknown : .caughtUp
    }
}

extension LogCoverage.Reach {
    /// Whether everything after `sequence` that some broker acknowledged is still there.
    fileprivate func covers(from sequence: Int64, to acknowledged: Int64) -> Bool {
        if acknowledged <= sequence { return true }
        guard let firstSequence, let lastSequence else { return false }
        return firstSequence <= sequence + 1 && lastSequence >= acknowledged
    }
}
