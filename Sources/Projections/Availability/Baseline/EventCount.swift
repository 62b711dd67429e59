import ProjectionRunner
import Synchronization

/// Adds up the events of the stages of a rebuild, each of which counts from 0.
final class EventCount: Sendable {
    private let counts = Mutex<[RebuildOrder.Progress.Stage: Int]>([:])

    /// Events of all stages so far.
    var total: Int { counts.withLock { $0.values.reduce(0, +) } }

    /// Takes in how far one stage is, and answers the sum of all.
    func note(_ count: Int, _ stage: RebuildOrder.Progress.Stage) -> Int {
        counts.withLock { counts in
            counts[stage] = max(counts[stage] ?? 0, count)
            return counts.values.reduce(0, +)
        }
    }
}
