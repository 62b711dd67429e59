/// The stretch of time that can be booked just now in a practice: worked out once for a question about many days.
package struct BookingWindow: Hashable, Sendable {
    /// The present.
    package let now: Instant
    /// The earliest start that can be booked: `now` plus the country's minimum notice.
    ///
    /// A start at that very moment can.
    package let earliest: Instant
    /// The date on the practice's wall.
    package let today: LocalDate
    /// The first grid day that may still have starts to come: yesterday's where grid days cross midnight, else today's.
    package let firstDate: LocalDate
    /// The last grid day that can be booked: `today` plus the country's horizon.
    package let lastDate: LocalDate

    /// What can be booked at `now` on `grid` by the country's rules.
    package init(now: Instant, country: Country, grid: SlotGrid) {
        self.now = now
        earliest = now.adding(minutes: country.minimumNoticeMinutes)
        today = grid.rules.wall(at: now).date
        firstDate = grid.crossesMidnight ? today.adding(days: -1) : today
        lastDate = today.adding(days: country.bookingHorizonDays)
    }

    /// The grid days on which something may be bookable, in order; empty only if the horizon is negative.
    package var dates: [LocalDate] {
        let count = firstDate.days(until: lastDate)
        return count < 0 ? [] : (0...count).map { firstDate.adding(days: $0) }
    }
}
