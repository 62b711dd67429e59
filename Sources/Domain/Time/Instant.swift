/// A moment, the same all over the world, to the microsecond that PostgreSQL keeps.
package struct Instant: Hashable, Comparable, Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    package let microseconds: Int64

    /// The moment `microseconds` after 1970-01-01T00:00:00Z.
    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The moment `seconds` after 1970-01-01T00:00:00Z; saturates beyond 292,000 years.
    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        microseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 {
        let quotient = microseconds / 1_000_000
        return microseconds % 1_000_000 < 0 ? quotient - 1 : quotient
    }

    /// Microseconds beyond `seconds`, 0..<1,000,000.
    package var fraction: Int64 { microseconds &- seconds &* 1_000_000 }

    /// The moment so many seconds later, or earlier if negative; saturates.
    package func adding(seconds: Int64) -> Instant {
        let (sum, overflow) = microseconds.addingReportingOverflow(Instant(seconds: seconds).microseconds)
        return Instant(microseconds: overflow ? (seconds < 0 ? .min : .max) : sum)
    }

    /// The moment so many minutes later, or earlier if negative; saturates.
    package func adding(minutes: Int) -> Instant {
        let (seconds, overflow) = Int64(minutes).multipliedReportingOverflow(by: 60)
        return adding(seconds: overflow ? (minutes < 0 ? .min : .max) : seconds)
    }

    package static func < (one: Self, other: Self) -> Bool { one.microseconds < other.microseconds }
}

/// The clock on the wall of whoever decides; injected, so that tests can set it.
package protocol WallClock: Sendable {
    /// The present moment.
    func now() -> Instant
}
