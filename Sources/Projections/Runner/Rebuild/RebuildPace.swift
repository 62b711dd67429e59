package import Domain
package import EventStore
import Synchronization

/// Holds a rebuild back while live projection, or the relay, falls behind: others come first.
///
/// How far live projection is behind is measured from outside, by positions: from the moment when a position was seen
/// in the store until it was seen in the model. A look every 50 ms is as exact as it gets.
package final class RebuildPace: Sendable {
    /// What is looked at.
    package struct Sources: Sendable {
        /// The last position that each store has stamped, by topic and partition.
        package let heads: @Sendable () async throws -> [Topic: [Int64]]
        /// Where the served epoch stands in a partition; nil: nowhere.
        package let served: @Sendable (Shard) async throws -> ProjectionCheckpoint?
        /// Age of the oldest event that waits for a position.
        package let outboxAge: @Sendable () async throws -> Duration

        /// Says where to look.
        package init(
            heads: @escaping @Sendable () async throws -> [Topic: [Int64]],
            served: @escaping @Sendable (Shard) async throws -> ProjectionCheckpoint?,
            outboxAge: @escaping @Sendable () async throws -> Duration
        ) {
            self.heads = heads
            self.served = served
            self.outboxAge = outboxAge
        }
    }

    private struct Place: Hashable {
        let topic: Topic
        let partition: Int
    }

    /// A position on its way into the model.
    private struct Pending {
        let position: Int64
        let seenAt: ContinuousClock.Instant
    }

    private struct State {
        var pending: [Place: Pending] = [:]
        var lag: Duration = .zero
        var worst: Duration = .zero
        var held: Duration = .zero
    }

    private static let interval: Duration = .milliseconds(50)
    /// A rebuild that is held back keeps its snapshot open, and that slows the relay too: at some point it goes on.
    private static let patience: Duration = .seconds(2)

    private let sources: Sources
    private let lagMax: Duration?
    private let state = Mutex(State())

    /// Looks at nothing yet.
    ///
    /// - Parameters:
    ///   - sources: Where to look.
    ///   - lagMax: How far behind live projection may be; nil: as far as it likes.
    package init(_ sources: Sources, lagMax: Duration?) {
        self.sources = sources
        self.lagMax = lagMax
    }

    /// How far behind live projection or the relay was at worst, and how long the rebuild was held back.
    package var summary: (worst: Duration, held: Duration) { state.withLock { ($0.worst, $0.held) } }

    /// Looks again and again until the task is cancelled; a look that fails says nothing.
    package func watch() async {
        while !Task.isCancelled {
            try? await look()
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// Waits while live projection is too far behind, for a while.
    ///
    /// - Throws: `CancellationError`.
    package func wait() async throws {
        try Task.checkCancellation()
        guard let lagMax else { return }
        let begun = ContinuousClock.now
        while state.withLock({ $0.lag }) > lagMax, begun.duration(to: .now) < Self.patience {
            try await Task.sleep(for: .milliseconds(20))
        }
        let held = begun.duration(to: .now)
        if held > .milliseconds(20) { state.withLock { $0.held += held } }
    }

    private func look() async throws {
        // The model first: what the store has after that may be in the model already, never the other way round.
        var standings: [ProjectionCheckpoint?] = []
        for shard in Shard.all { standings.append(try await sources.served(shard)) }
        let heads = try await sources.heads()
        let outbox = try await sources.outboxAge()
        let now = ContinuousClock.now
        state.withLock { state in
            var lag = outbox
            for (topic, positions) in heads {
                for (partition, head) in positions.enumerated().prefix(Shard.count) {
                    let place = Place(topic: topic, partition: partition)
                    guard let standing = standings[partition] else { continue }
                    let reached = standing[topic].sequence
                    if let pending = state.pending[place], reached < pending.position {
                        lag = max(lag, pending.seenAt.duration(to: now))
                    } else {
                        state.pending[place] = reached < head ? Pending(position: head, seenAt: now) : nil
                    }
                }
            }
            state.lag = lag
            state.worst = max(state.worst, lag)
        }
    }
}
