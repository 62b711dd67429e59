package import Domain

/// An instant together with the offset in which it is shown.
package struct ZonedTime: Sendable, Hashable {
    package let instant: Instant
    /// Seconds east of UTC that held at the practice at that instant.
    package let offsetSeconds: Int

    /// - Parameters:
    ///   - instant: The moment itself.
    ///   - offsetSeconds: Seconds east of UTC, as the practice's zone rules say for that instant.
    package init(_ instant: Instant, offsetSeconds: Int) {
        self.instant = instant
        self.offsetSeconds = offsetSeconds
    }

    /// An instant as the clocks of a zone show it.
    package init(_ instant: Instant, in rules: TimeZoneRules) {
        self.init(instant, offsetSeconds: rules.utcOffset(at: instant))
    }
}

/// The half-open time of one or several slots.
package struct SlotTimes: Sendable, Hashable {
    package let start: ZonedTime
    package let end: ZonedTime

    /// A time from `start` up to, not including, `end`.
    package init(start: ZonedTime, end: ZonedTime) {
        self.start = start
        self.end = end
    }
}

/// A bound of a query over time: a day of the practice's calendar or a moment.
package enum TimeBound: Sendable, Hashable {
    /// The start of that day in the practice's zone.
    case date(LocalDate)
    case instant(Instant)
}
