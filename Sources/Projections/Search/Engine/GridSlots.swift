import Domain
import Synchronization

/// A way of dividing days, as the database numbers it.
struct NumberedGrid: Sendable {
    let number: Int64
    let grid: SlotGrid
}

/// The slots of a country's grids around the present, numbered from slot 0 of the grid day `origin` on: what statements
/// need to turn free bits into instants without knowing a zone's rules.
struct GridSlots: Sendable {
    /// Days that are numbered; covers what a document keeps.
    static let days = FreeDays.daysMax + FreeDays.daysBefore
    /// Slots of each grid.
    static let count = days * SlotMask.slotsPerDay

    let origin: LocalDate
    private(set) var numbers: [Int64] = []
    /// For each grid the first slot that counts.
    private(set) var from: [Int64] = []
    /// For each grid the slot after the last one that counts.
    private(set) var to: [Int64] = []
    /// For each grid the moments, in microseconds since 1970, from which and before which starts count.
    private(set) var fromTimes: [Int64] = []
    private(set) var toTimes: [Int64] = []
    /// Microseconds since 1970, `count` a grid.
    private(set) var starts: [Double] = []

    /// Numbers the slots of `grids` and finds those that can be booked and lie in `window`.
    init(_ grids: [NumberedGrid], window: SearchWindow, country: Country, now: Instant, cache: GridStartsCache) {
        origin = LocalDate(days: Int32(clamping: now.seconds / 86_400)).adding(days: -FreeDays.daysBefore)
        for numbered in grids {
            let starts = cache.starts(of: numbered.grid, from: origin)
            let limits = SlotLimits(window, country: country, grid: numbered.grid, now: now)
            let beyond = max(origin.days(until: limits.booking.lastDate) + 1, 0) * SlotMask.slotsPerDay
            numbers.append(numbered.number)
            fromTimes.append(limits.from.microseconds)
            toTimes.append(limits.to?.microseconds ?? .max)
            from.append(Int64(Self.index(in: starts, of: limits.from)))
            to.append(Int64(min(limits.to.map { Self.index(in: starts, of: $0) } ?? Self.count, beyond)))
            self.starts += starts
        }
    }

    /// The first slot that begins at or after an instant.
    private static func index(in starts: [Double], of instant: Instant) -> Int {
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] < Double(instant.microseconds) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// From when until when a practice's slots count for one question.
struct SlotLimits: Sendable {
    /// What can be booked at all.
    let booking: BookingWindow
    /// The later of the window's start and the minimum notice.
    let from: Instant
    /// The window's end; nil: only the horizon.
    let to: Instant?

    init(_ window: SearchWindow, country: Country, grid: SlotGrid, now: Instant) {
        booking = BookingWindow(now: now, country: country, grid: grid)
        from = max(booking.earliest, window.from?.instant(in: grid.rules) ?? booking.earliest)
        to = window.to?.instant(in: grid.rules)
    }

    /// Whether a start that is known to be free counts.
    func contains(_ start: Instant) -> Bool { start >= from && to.map { start < $0 } ?? true }

    /// The slots of one grid day that are free, can be booked and lie in the window.
    func starts(free: SlotMask, on date: LocalDate, grid: SlotGrid) -> SlotMask {
        var starts = Availability.freeStarts(free: free, on: date, grid: grid, window: booking)
        guard !starts.isEmpty else { return starts }
        let day = grid.day(date)
        if from > booking.earliest { starts = starts.intersection(day.slots(notBefore: from)) }
        if let to { starts = starts.subtracting(day.slots(notBefore: to)) }
        return starts
    }
}

extension SearchWindow.Bound {
    /// The moment that it means in a practice's zone; a midnight that the clock skips is the moment of the skip.
    func instant(in rules: TimeZoneRules) -> Instant {
        switch self {
        case .instant(let instant): instant
        case .date(let date):
            switch rules.resolve(date.midnight) {
            case .unique(let instant), .fold(let instant, _): instant
            case .gap(let before, _): Instant(seconds: date.midnight.seconds - Int64(before))
            }
        }
    }
}

/// Remembers the starts of slots, which are the same all day for all who ask.
final class GridStartsCache: Sendable {
    private struct Key: Hashable {
        let grid: SlotGrid
        let origin: LocalDate
    }

    /// A bound on what odd registrations can make it keep; beyond it, all is computed again.
    private static let entriesMax = 1_024
    private let known = Mutex<[Key: [Double]]>([:])

    /// `GridSlots.count` starts in microseconds since 1970, ascending; a skipped slot has the start of the next one.
    func starts(of grid: SlotGrid, from origin: LocalDate) -> [Double] {
        let key = Key(grid: grid, origin: origin)
        if let starts = known.withLock({ $0[key] }) { return starts }
        let starts = Self.computed(grid, from: origin)
        known.withLock { known in
            if known.count >= Self.entriesMax { known = [:] }
            known[key] = starts
        }
        return starts
    }

    private static func computed(_ grid: SlotGrid, from origin: LocalDate) -> [Double] {
        var starts = (0..<GridSlots.days).flatMap { day -> [Double?] in
            let gridDay = grid.day(origin.adding(days: day))
            return (0..<SlotMask.slotsPerDay).map { gridDay.start(of: $0).map { Double($0.microseconds) } }
        }
        var next = Double.infinity
        for index in starts.indices.reversed() {
            next = starts[index] ?? next
            starts[index] = next
        }
        return starts.map { $0 ?? next }
    }
}
