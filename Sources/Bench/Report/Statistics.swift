extension [Double] {
    /// The middle value, of an even count the lower one; 0 of nothing.
    var median: Double { quantile(0.5) }

    /// The value below or at which this share lies (nearest rank); 0 of nothing.
    func quantile(_ share: Double) -> Double {
        guard !isEmpty else { return 0 }
        let sorted = self.sorted()
        let rank = Int((share * Double(count)).rounded(.up))
        return sorted[Swift.min(Swift.max(rank, 1), count) - 1]
    }
}

/// The latencies of one run, in milliseconds.
struct Latencies: Sendable {
    let p50: Double
    let p99: Double

    init(_ milliseconds: [Double]) {
        p50 = milliseconds.quantile(0.50)
        p99 = milliseconds.quantile(0.99)
    }
}

/// SplitMix64: small, fast, and the same on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}
