import Domain
import Synchronization

/// How many requests one caller may send.
package struct RateLimit: Sendable, Hashable {
    /// Requests that may come at once after a pause, at least 1.
    package let burst: Int
    /// Requests a second in the long run, more than 0.
    package let perSecond: Double

    /// - Parameters:
    ///   - burst: At least 1.
    ///   - perSecond: More than 0.
    package init(burst: Int, perSecond: Double) {
        precondition(burst >= 1 && perSecond > 0)
        self.burst = burst
        self.perSecond = perSecond
    }

    /// What holds unless it is configured: a burst of 2,000 and 1,000 requests a second for each token's subject.
    package static let standard = RateLimit(burst: 2_000, perSecond: 1_000)
}

/// A token bucket for every caller.
///
/// Its memory is bounded: a bucket that has filled up again says nothing and is dropped when there are many.
final class RateLimiter: Sendable {
    /// So many callers are remembered before full buckets are dropped.
    private static let callersMax = 50_000

    private struct Bucket: Sendable {
        var tokens: Double
        var at: Instant
    }

    private let limit: RateLimit
    private let buckets = Mutex<[String: Bucket]>([:])

    init(_ limit: RateLimit) {
        self.limit = limit
    }

    /// Takes one token of `caller`.
    ///
    /// - Returns: Nil when it may go on, else the whole seconds after which it may try again, at least 1.
    func take(_ caller: String, at now: Instant) -> Int? {
        buckets.withLock { buckets in
            if buckets.count >= Self.callersMax, buckets[caller] == nil { dropFull(&buckets, now) }
            return take(&buckets[caller, default: Bucket(tokens: Double(limit.burst), at: now)], now)
        }
    }

    private func take(_ bucket: inout Bucket, _ now: Instant) -> Int? {
        bucket.tokens = level(bucket, now)
        bucket.at = max(bucket.at, now)
        guard bucket.tokens < 1 else {
            bucket.tokens -= 1
            return nil
        }
        return max(1, Int(((1 - bucket.tokens) / limit.perSecond).rounded(.up)))
    }

    /// What the bucket holds now; a clock that was set back adds nothing.
    private func level(_ bucket: Bucket, _ now: Instant) -> Double {
        let elapsed = max(0, Double(now.microseconds - bucket.at.microseconds) / 1_000_000)
        return min(Double(limit.burst), bucket.tokens + elapsed * limit.perSecond)
    }

    private func dropFull(_ buckets: inout [String: Bucket], _ now: Instant) {
        buckets = buckets.filter { level($0.value, now) < Double(limit.burst) }
        if buckets.count >= Self.callersMax { buckets.removeAll() }  // under attack: better too generous than too large
    }
}
