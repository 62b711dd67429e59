import AvailabilityProjection
import Domain
import EventStore
import Synchronization

/// A fold of the event stores that is kept from one verification to the next: all partitions at their positions.
final class RememberedModels: Sendable {
    /// Days beyond the hot ones, so that those that become hot are there already.
    static let daysAhead = 7

    /// When the stores were folded.
    let foldedAt: Instant
    /// The grid days that are remembered.
    let days: ClosedRange<LocalDate>
    /// The practices' zones; buckets name them by their place here.
    private let zoneNames: Mutex<[String]>
    let partitions: [RememberedPartition]

    init(foldedAt: Instant, days: ClosedRange<LocalDate>, zones: [String], partitions: [RememberedPartition]) {
        self.foldedAt = foldedAt
        self.days = days
        zoneNames = Mutex(zones)
        self.partitions = partitions
    }

    /// The days that a fold at this moment is to have: those that are hot in any zone, the pages' and some to come.
    static func days(at now: Instant, pages: [ClosedRange<LocalDate>]) -> ClosedRange<LocalDate> {
        let today = LocalDate(days: Int32(clamping: now.seconds / 86_400))
        let first = min(today.adding(days: -2), pages.map(\.lowerBound).min() ?? today)
        let last = max(today.adding(days: PageLayout.hotDays), pages.map(\.upperBound).max() ?? today)
        return first...last.adding(days: daysAhead)
    }

    var zones: [String] { zoneNames.withLock { $0 } }

    /// The place of a zone's name, which gets one if it has none.
    func place(ofZone name: String) -> UInt16 {
        zoneNames.withLock { names in
            if let place = names.firstIndex(of: name) { return UInt16(clamping: place) }
            names.append(name)
            return UInt16(clamping: names.count - 1)
        }
    }

    /// The place among the remembered days of the date on each zone's wall.
    ///
    /// - Throws: `ZoneError`.
    func todays(_ database: ZoneDatabase, at now: Instant) throws(ZoneError) -> [Int] {
        var todays: [Int] = []
        for zone in zones { todays.append(days.lowerBound.days(until: try database.rules(zone).wall(at: now).date)) }
        return todays
    }

    /// Whether the hot days of each zone, and these, are all remembered.
    ///
    /// - Throws: `ZoneError`.
    func covers(_ pages: [ClosedRange<LocalDate>], _ database: ZoneDatabase, at now: Instant) throws(ZoneError) -> Bool
    {
        let count = days.lowerBound.days(until: days.upperBound) + 1
        let isHotCovered = try todays(database, at: now).allSatisfy { $0 >= 0 && $0 + PageLayout.hotDays <= count }
        return isHotCovered && pages.allSatisfy { days.contains($0.lowerBound) && days.contains($0.upperBound) }
    }
}
