package import Domain

/// The free slots of consecutive grid days, as they were published; a day that nobody spoke of has none.
package struct FreeDays: Hashable, Sendable {
    /// How many days are kept at most: the hot ones, and some for clocks and zones that differ.
    package static let daysMax = 20
    /// How many days before the day of an event are kept: its practice may still be in yesterday's grid day.
    package static let daysBefore = 2

    /// The grid day of the first mask.
    package private(set) var firstDate: LocalDate
    /// One a day, open and not booked.
    package private(set) var masks: [SlotMask]

    /// Days of their masks.
    package init(firstDate: LocalDate, masks: [SlotMask] = []) {
        self.firstDate = firstDate
        self.masks = masks
    }

    /// Reads `masks` from 24 characters a day, `1` for a free slot; nil for anything else.
    init?(firstDate: LocalDate, bits: String) {
        let bytes = Array(bits.utf8)
        guard bytes.count % SlotMask.slotsPerDay == 0 else { return nil }
        var masks: [SlotMask] = []
        for start in stride(from: 0, to: bytes.count, by: SlotMask.slotsPerDay) {
            let day = String(decoding: bytes[start..<(start + SlotMask.slotsPerDay)], as: UTF8.self)
            guard let mask = SlotMask(bitmap: day) else { return nil }
            masks.append(mask)
        }
        self.init(firstDate: firstDate, masks: masks)
    }

    /// 24 characters a day, `1` for a free slot.
    var bits: String { masks.map(\.bitmap).joined() }

    /// The free slots of a grid day.
    package func free(on date: LocalDate) -> SlotMask {
        let index = firstDate.days(until: date)
        return masks.indices.contains(index) ? masks[index] : .empty
    }

    /// Takes in the days of an event that happened on `today` (UTC); days too long ago or too far ahead are left out.
    mutating func apply(_ days: [AvailabilityChanged.Day], today: LocalDate) {
        let first = max(firstDate, today.adding(days: -Self.daysBefore))
        var byDate: [LocalDate: SlotMask] = [:]
        for (index, mask) in masks.enumerated() { byDate[firstDate.adding(days: index)] = mask }
        for day in days { byDate[day.date] = day.free }
        let last = byDate.filter { !$0.value.isEmpty && first.days(until: $0.key) < Self.daysMax }.keys.max()
        firstDate = first
        let count = last.map { max(first.days(until: $0) + 1, 0) } ?? 0
        masks = (0..<count).map { byDate[first.adding(days: $0)] ?? .empty }
    }
}
