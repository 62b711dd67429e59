/// Chance that can be repeated (SplitMix64): a failing storm is run again by `TEST_SEED=… make test`.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    /// What to set `TEST_SEED` to; put it into the message of every expectation that a storm checks.
    package let seed: UInt64
    private var state: UInt64

    /// Starts at `seed`, the same numbers every time.
    package init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// Starts at `TEST_SEED`, or at a seed of its own when that is not set.
    package init() {
        let seed = TestServers.setting("TEST_SEED").flatMap(UInt64.init) ?? UInt64.random(in: 1...UInt64.max)
        self.init(seed: seed)
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
