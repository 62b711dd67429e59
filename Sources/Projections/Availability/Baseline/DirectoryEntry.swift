import Domain

/// What the projector remembers of a practitioner: little, as there are many.
struct DirectoryEntry: Sendable {
    /// Where the pages have this practitioner.
    let place: CellPlace
    /// How the days are divided.
    let grid: SlotGrid
}

extension DirectoryEntry {
    init(_ place: PractitionerPlace) {
        self.init(place: place.cell, grid: place.calendar.grid)
    }
}

/// The days that have pages, as the clock moves on.
enum HotWindow {
    /// From the day before the earliest today of these zones to the last hot day of the latest.
    static func dates(zones: Set<String>, _ database: ZoneDatabase, at now: Instant) throws -> ClosedRange<LocalDate> {
        var ranges: [ClosedRange<LocalDate>] = []
        for zone in zones { ranges.append(PageLayout.hotDates(today: try database.rules(zone).wall(at: now).date)) }
        guard let first = ranges.map(\.lowerBound).min(), let last = ranges.map(\.upperBound).max() else {
            return PageLayout.hotDates(today: try database.rules("UTC").wall(at: now).date)
        }
        return first...last
    }
}
