package import Domain
import Synchronization

/// A clock that stands still, so that what a test computes does not depend on when it runs.
package struct FixedClock: WallClock {
    private let instant: Instant

    /// Stands at `instant` for ever.
    package init(_ instant: Instant) { self.instant = instant }

    /// Always the same moment.
    package func now() -> Instant { instant }
}

/// A clock that moves only when the test moves it.
package final class SteppingClock: WallClock {
    private let instant: Mutex<Instant>

    /// Stands at `instant` until `advance` or `set` is called.
    package init(_ instant: Instant) { self.instant = Mutex(instant) }

    /// The moment it was set to.
    package func now() -> Instant { instant.withLock { $0 } }

    /// Moves it by so many seconds, backwards when negative: real clocks do that too.
    package func advance(seconds: Int64) { instant.withLock { $0 = $0.adding(seconds: seconds) } }

    /// Moves it to `moment`.
    package func set(_ moment: Instant) { instant.withLock { $0 = moment } }
}
