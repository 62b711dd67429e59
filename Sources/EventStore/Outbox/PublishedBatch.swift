import Kafka
import Synchronization

/// Records that were given to Kafka together and wait for their acknowledgement.
final class PublishedBatch: Sendable {
    /// The last position of each shard in it, under the epoch in which it was stamped.
    let lastPositions: [Shard: Int64]
    /// Microseconds from the append of each event to the moment when its batch was read.
    let ages: [Int64]
    /// When the batch was read.
    let readAt: ContinuousClock.Instant
    private let result = Mutex<Result<ContinuousClock.Instant, KafkaError>?>(nil)

    /// Starts to wait; `signal` fires when the wait is over.
    init(
        _ delivery: KafkaDelivery, lastPositions: [Shard: Int64], ages: [Int64], readAt: ContinuousClock.Instant,
        waking signal: WakeSignal
    ) {
        self.lastPositions = lastPositions
        self.ages = ages
        self.readAt = readAt
        Task {
            let outcome: Result<ContinuousClock.Instant, KafkaError>
            do throws(KafkaError) {
                _ = try await delivery.offsets()
                outcome = .success(.now)
            } catch {
                outcome = .failure(error)
            }
            self.result.withLock { $0 = outcome }
            signal.fire()
        }
    }

    /// When everything in it was acknowledged; nil while it is not.
    ///
    /// - Throws: The first failure: nothing behind it may be taken as delivered.
    func acknowledgedAt() throws(KafkaError) -> ContinuousClock.Instant? {
        try result.withLock { $0 }.map { (result) throws(KafkaError) in try result.get() }
    }
}
