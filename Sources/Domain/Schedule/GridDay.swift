/// One grid day: when each of its 24 slots begins.
package struct GridDay: Hashable, Sendable {
    /// The date on which it starts, by which it is named.
    package let date: LocalDate
    /// Length of a slot, in minutes.
    package let slotMinutes: Int
    /// The start of slot 0 on a day without a clock change nearby, when the slots follow each other evenly.
    private let evenlyFrom: Instant
    /// The 24 starts of any other day; empty on an even one.
    private let starts: [Instant?]

    init(date: LocalDate, slotMinutes: Int, evenlyFrom start: Instant) {
        self.date = date
        self.slotMinutes = slotMinutes
        evenlyFrom = start
        starts = []
    }

    init(date: LocalDate, slotMinutes: Int, starts: [Instant?]) {
        self.date = date
        self.slotMinutes = slotMinutes
        evenlyFrom = Instant(seconds: 0)
        self.starts = starts
    }

    /// When a slot begins, at the first occurrence if that time comes twice; nil outside 0..<24 and in a gap.
    package func start(of slot: Int) -> Instant? {
        guard (0..<SlotMask.slotsPerDay).contains(slot) else { return nil }
        return starts.isEmpty ? evenlyFrom.adding(minutes: slot * slotMinutes) : starts[slot]
    }

    /// The end of a visit of `count` slots: elapsed time after its start, whatever the wall shows.
    package func end(after start: Instant, slots count: Int) -> Instant {
        start.adding(minutes: count * slotMinutes)
    }

    /// The slots that begin at or after an instant.
    package func slots(notBefore earliest: Instant) -> SlotMask {
        var mask: UInt32 = 0
        for slot in 0..<SlotMask.slotsPerDay {
            if let start = start(of: slot), start >= earliest { mask |= 1 << UInt32(slot) }
        }
        return SlotMask(rawValue: mask)
    }
}
