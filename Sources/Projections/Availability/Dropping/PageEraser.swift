package import Domain
import EventStore
package import Redis

/// Deletes the pages of an epoch that nobody reads any more; may be stopped at any moment and begun again.
package struct PageEraser: Sendable {
    /// Buckets whose keys travel in one pipeline.
    private static let bucketsPerTrip = 64
    /// Days before an epoch was begun, and after today, that its pages may have.
    private static let marginDays = 16

    private let redis: RedisClient
    private let epoch: Int64

    /// Deletes nothing yet.
    package init(redis: RedisClient, epoch: Int64) {
        self.redis = redis
        self.epoch = epoch
    }

    /// Takes the checkpoints from whoever still writes: from here on a late batch finds that the model is gone.
    ///
    /// - Throws: `RedisError`.
    package func disown() async throws {
        for reply in try await redis.send(checkpoints.map { RedisCommand("HDEL", [.text($0), "total"]) }) {
            _ = try reply.orThrow()
        }
    }

    /// Deletes the pages, and the checkpoints last, so that a run that was stopped finds out again what there is.
    ///
    /// The keys follow from what the checkpoints say that exists; where one is lost, another epoch of the model knows
    /// as well. No key is looked for, which a cluster could only do node by node.
    /// - Parameters:
    ///   - sibling: Another epoch of the same practitioners: the served one.
    ///   - began: The day on which the epoch was begun.
    ///   - today: The present day, in any zone.
    ///   - report: Told after each trip how many keys are gone so far.
    /// - Returns: How many keys were deleted.
    /// - Throws: `RedisError`; `CancellationError`.
    package func erase(
        sibling: Int64, began: LocalDate, today: LocalDate, report: (Int) -> Void = { _ in }
    ) async throws -> Int {
        let first = began.adding(days: -Self.marginDays)
        let days = max(0, first.days(until: today)) + Self.marginDays
        let dates = (0...days).map { first.adding(days: $0) }
        var erased = 0
        for partition in Shard.all {
            let buckets = try await buckets(of: partition, sibling: sibling)
            for start in stride(from: 0, to: buckets.count, by: Self.bucketsPerTrip) {
                try Task.checkCancellation()
                let some = buckets[start..<min(start + Self.bucketsPerTrip, buckets.count)]
                let commands = some.map { bucket in
                    RedisCommand("UNLINK", dates.map { .text(bucket.key(epoch: epoch, $0)) })
                }
                for reply in try await redis.send(commands) { erased += Int(try reply.orThrow().integer ?? 0) }
                report(erased)
            }
            let key = AvailabilityCheckpoint.key(epoch: epoch, partition: partition.number)
            erased += Int(try await redis.call(RedisCommand("UNLINK", [.text(key)])).integer ?? 0)
        }
        return erased
    }

    private var checkpoints: [String] {
        Shard.all.map { AvailabilityCheckpoint.key(epoch: epoch, partition: $0.number) }
    }

    /// All buckets that either epoch knows of, and one more a country: a bucket's pages come before its checkpoint.
    private func buckets(of partition: Shard, sibling: Int64) async throws -> [BucketID] {
        var counts: [CountryCode: Int] = [:]
        for known in [epoch, sibling] {
            let checkpoint = try await PageStore(redis: redis, epoch: known)
                .checkpoint(of: partition.number, AvailabilityModel.topics)
            for (country, extent) in checkpoint?.extents ?? [:] {
                counts[country] = max(counts[country] ?? 0, extent.buckets + 1)
            }
        }
        return counts.sorted { $0.key < $1.key }.flatMap { country, count in
            (0..<count).map { BucketID(country: country, partition: partition.number, index: $0) }
        }
    }
}
