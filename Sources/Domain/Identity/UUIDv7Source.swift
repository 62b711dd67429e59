import Synchronization

/// UUIDv7 (RFC 9562 section 5.7): milliseconds, then 74 random bits; ascending within a process, because the 12 bits
/// after the time count up within a millisecond (method 1 of section 6.2).
package final class UUIDv7Source: IdentifierSource {
    private struct State {
        var milliseconds: UInt64 = 0
        var counter: UInt64 = 0
        var random = SystemRandomNumberGenerator()
    }

    private let clock: any WallClock
    private let state = Mutex(State())

    /// Draws from the system's random numbers, and the time from this clock.
    package init(clock: any WallClock) {
        self.clock = clock
    }

    package func next() -> (high: UInt64, low: UInt64) {
        let now = UInt64(max(clock.now().microseconds, 0)) / 1_000
        return state.withLock { state in
            if now > state.milliseconds {
                state.milliseconds = now
                state.counter = state.random.next() & 0x3FF  // room to count up
            } else {
                state.counter += 1
                if state.counter > 0xFFF {
                    state.milliseconds += 1
                    state.counter = 0
                }
            }
            let high = state.milliseconds << 16 | 0x7000 | state.counter
            let low = state.random.next() >> 2 | 0x8000_0000_0000_0000
            return (high, low)
        }
    }
}
