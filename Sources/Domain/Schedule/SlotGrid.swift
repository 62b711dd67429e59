/// How a practice divides its days: 24 slots of equal length from a time of day on, in the zone of its wall.
///
/// Grid lines are wall-clock times, so they stand still when clocks change; the instants are derived. A grid depends on
/// nothing but the practice: asking from another date never moves it.
package struct SlotGrid: Sendable {
    /// How long a slot may be, in minutes; 24 slots of 60 fill a day.
    package static let slotMinutesRange = 5...60

    private let tables: Tables

    /// Divides days; nil unless `slotMinutes` is in `slotMinutesRange`.
    ///
    /// `ZoneDatabase.grid` shares equal ones.
    package init?(zone: String, rules: TimeZoneRules, dayStart: LocalTime, slotMinutes: Int) {
        guard Self.slotMinutesRange.contains(slotMinutes) else { return nil }
        tables = Tables(zone: zone, rules: rules, dayStart: dayStart, slotMinutes: slotMinutes)
    }

    /// The practice's IANA zone.
    package var zone: String { tables.zone }
    /// The rules of that zone.
    package var rules: TimeZoneRules { tables.rules }
    /// When a grid day starts on the wall.
    package var dayStart: LocalTime { tables.dayStart }
    /// Length of a slot, in minutes.
    package var slotMinutes: Int { tables.slotMinutes }

    /// Whether a grid day reaches into the next morning, so that yesterday's may not be over yet.
    package var crossesMidnight: Bool {
        dayStart.minutes + SlotMask.slotsPerDay * slotMinutes > minutesPerDay
    }

    /// The grid day that starts on a date.
    package func day(_ date: LocalDate) -> GridDay { tables.day(date) }

    /// The slots of a grid day of which some part is skipped by the clock: they are never open.
    package func skippedSlots(on date: LocalDate) -> SlotMask { tables.skippedSlots(on: date) }

    /// When a slot of a grid day begins; nil outside 0..<24 or if the clock skips that time.
    package func start(of slot: Int, on date: LocalDate) -> Instant? { day(date).start(of: slot) }

    /// The slot that begins at an instant: exactly then, and at the first occurrence of a time that comes twice.
    package func locate(_ instant: Instant) -> (date: LocalDate, slot: Int)? {
        guard case .slot(let date, let slot) = position(of: instant) else { return nil }
        return (date, slot)
    }

    /// Where an instant lies relative to the grid.
    enum Position: Equatable {
        /// Not on a line `dayStart + n * slotMinutes`, with n counted anew each day.
        case offGrid
        /// On a line, but behind the 24 slots, or in the second pass of a time that comes twice.
        case outside
        /// The start of a slot.
        case slot(LocalDate, Int)
    }

    /// The grid day that an instant belongs to: the one that started last on the wall.
    func gridDate(of wall: WallTime) -> LocalDate {
        wall.secondOfDay < dayStart.minutes * 60 ? wall.date.adding(days: -1) : wall.date
    }

    func position(of instant: Instant) -> Position {
        let wall = rules.wall(at: instant)
        let date = gridDate(of: wall)
        let elapsed = Int(wall.seconds - WallTime(date, dayStart).seconds)
        guard instant.fraction == 0, elapsed % (slotMinutes * 60) == 0 else { return .offGrid }
        let slot = elapsed / (slotMinutes * 60)
        guard slot < SlotMask.slotsPerDay, start(of: slot, on: date) == instant else { return .outside }
        return .slot(date, slot)
    }
}

extension SlotGrid: Hashable {
    package static func == (one: Self, other: Self) -> Bool {
        one.tables === other.tables
            || (one.zone == other.zone && one.dayStart == other.dayStart && one.slotMinutes == other.slotMinutes)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(zone)
        hasher.combine(dayStart)
        hasher.combine(slotMinutes)
    }
}

/// What all practices with the same grid share; immutable, so that it is read without a lock.
private final class Tables: Sendable {
    let zone: String
    let rules: TimeZoneRules
    let dayStart: LocalTime
    let slotMinutes: Int
    /// The grid days of `tabulated` with skipped slots, in order: one or two a year, none for a grid of daytime hours.
    private let skippedDates: [LocalDate]
    /// What is skipped on each of `skippedDates`.
    private let skippedMasks: [SlotMask]

    /// The dates whose skipped slots are computed in advance: 1970 to 2100.
    private static let tabulated = LocalDate(days: 0)..<LocalDate(days: 47_846)

    init(zone: String, rules: TimeZoneRules, dayStart: LocalTime, slotMinutes: Int) {
        self.zone = zone
        self.rules = rules
        self.dayStart = dayStart
        self.slotMinutes = slotMinutes
        let gaps = rules.skippedWallTime(
            between: Instant(seconds: Self.tabulated.lowerBound.midnight.seconds - 2 * 86_400),
            and: Instant(seconds: Self.tabulated.upperBound.midnight.seconds + 2 * 86_400))
        var skipped: [LocalDate: SlotMask] = [:]
        for gap in gaps {
            var date = WallTime(seconds: gap.lowerBound).date.adding(days: -1)
            while date.midnight.seconds <= gap.upperBound {
                let slots = Self.slots(of: date, dayStart, slotMinutes, touching: gap)
                if !slots.isEmpty { skipped[date] = slots.union(skipped[date] ?? .empty) }
                date = date.adding(days: 1)
            }
        }
        skippedDates = skipped.keys.sorted()
        skippedMasks = skippedDates.map { skipped[$0] ?? .empty }
    }

    func skippedSlots(on date: LocalDate) -> SlotMask {
        if Self.tabulated.contains(date) { return tabulatedSkip(on: date) }
        let midnight = date.midnight.seconds
        return rules.skippedWallTime(
            between: Instant(seconds: midnight - 2 * 86_400), and: Instant(seconds: midnight + 4 * 86_400)
        ).reduce(.empty) { $0.union(Self.slots(of: date, dayStart, slotMinutes, touching: $1)) }
    }

    private func tabulatedSkip(on date: LocalDate) -> SlotMask {
        var low = 0
        var high = skippedDates.count
        while low < high {
            let middle = (low + high) / 2
            if skippedDates[middle] < date { low = middle + 1 } else { high = middle }
        }
        return low < skippedDates.count && skippedDates[low] == date ? skippedMasks[low] : .empty
    }

    func day(_ date: LocalDate) -> GridDay {
        let first = WallTime(date, dayStart)
        let length = Int64(SlotMask.slotsPerDay * slotMinutes * 60)
        if case .unique(let start) = rules.resolve(first), !rules.hasChange(after: start, for: length) {
            return GridDay(date: date, slotMinutes: slotMinutes, evenlyFrom: start)
        }
        let starts = (0..<SlotMask.slotsPerDay).map { slot -> Instant? in
            switch rules.resolve(WallTime(seconds: first.seconds + Int64(slot * slotMinutes * 60))) {
            case .unique(let instant), .fold(let instant, _): instant
            case .gap: nil
            }
        }
        return GridDay(date: date, slotMinutes: slotMinutes, starts: starts)
    }

    /// The slots of a day whose stretch of wall time overlaps `gap`.
    private static func slots(
        of date: LocalDate, _ dayStart: LocalTime, _ slotMinutes: Int, touching gap: Range<Int64>
    ) -> SlotMask {
        let first = WallTime(date, dayStart).seconds
        var mask: UInt32 = 0
        for slot in 0..<SlotMask.slotsPerDay {
            let start = first + Int64(slot * slotMinutes * 60)
            if gap.overlaps(start..<(start + Int64(slotMinutes * 60))) { mask |= 1 << UInt32(slot) }
        }
        return SlotMask(rawValue: mask)
    }
}
