import Domain
import Synchronization

/// Calendars that were parsed already, by version: a batch asks the database only for those that changed.
///
/// Never a source of truth: what is used is compared with the locked row's version first. When full it is emptied,
/// which costs one parse a practitioner and keeps no bookkeeping on the way of a booking.
package final class CalendarCache: Sendable {
    /// A calendar that the database was told is cached is not any more: the transaction starts over.
    struct Emptied: Error {}

    private let entriesMax: Int
    private let entries = Mutex<[CalendarKey: StoredCalendar]>([:])

    /// - Parameter entriesMax: Calendars kept at most; one takes about 2 KiB.
    package init(entriesMax: Int = 50_000) {
        self.entriesMax = entriesMax
    }

    /// The newest calendar that was seen, which may be old.
    func calendar(_ key: CalendarKey) -> StoredCalendar? { entries.withLock { $0[key] } }

    /// Remembers a calendar unless a newer one is here.
    func store(_ calendar: StoredCalendar) {
        entries.withLock { entries in
            if let known = entries[calendar.key], known.calendar.version >= calendar.calendar.version { return }
            if entries.count >= entriesMax { entries.removeAll(keepingCapacity: true) }
            entries[calendar.key] = calendar
        }
    }
}
