import Domain
import Synchronization

/// Identifiers in a known order: version 7 by their shape, a counter by content, later ones greater.
package final class SeededIdentifiers: IdentifierSource {
    private let count = Mutex<UInt64>(0)
    private let seed: UInt64

    /// - Parameter seed: Two sources with different seeds (0..<2^48) never return the same identifier.
    package init(seed: UInt64 = 1) { self.seed = seed & 0xFFFF_FFFF_FFFF }

    /// The next identifier: `seed` in the place of the time, the counter in the place of chance.
    package func next() -> (high: UInt64, low: UInt64) {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return (high: seed << 16 | 0x7000, low: 0x8000_0000_0000_0000 | number)
    }
}
