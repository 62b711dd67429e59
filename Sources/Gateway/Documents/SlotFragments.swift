package import Domain
import JSON
import Synchronization

/// The slots of one grid day as finished JSON: the same for every practitioner with this grid, zone, date and length
/// of visit, so it is made once and copied into every answer.
package final class SlotFragments: Sendable {
    /// The grid day.
    package let date: LocalDate
    /// `"2026-11-20"`, with its quotes.
    let dateJSON: [UInt8]
    /// All objects `{"slotStart":…,"slotEnd":…}` one after the other, a comma after each.
    private let text: [UInt8]
    /// Where slot i begins in `text`; the last entry is its end.
    private let starts: [Int]
    /// The slots that exist on this day.
    let existing: SlotMask

    /// - Parameters:
    ///   - date: The grid day.
    ///   - slots: The time of a visit that begins at slot i, 24 of them; nil where the zone's clock skips the slot.
    package init(date: LocalDate, slots: [SlotTimes?]) {
        precondition(slots.count == SlotMask.slotsPerDay)
        self.date = date
        dateJSON = Array("\"\(date)\"".utf8)
        var text: [UInt8] = []
        var starts: [Int] = []
        var existing: UInt32 = 0
        for (index, slot) in slots.enumerated() {
            starts.append(text.count)
            guard let slot else { continue }
            existing |= 1 << UInt32(index)
            var json = JSONWriter(capacity: 96)
            json.slot(slot)
            text += json.bytes + [UInt8(ascii: ",")]
        }
        starts.append(text.count)
        self.text = text
        self.starts = starts
        self.existing = SlotMask(rawValue: existing)
    }

    /// The visits of `length` slots of a grid day, in the practice's zone.
    package convenience init(grid: SlotGrid, date: LocalDate, length: Int) {
        let day = grid.day(date)
        let slots = (0..<SlotMask.slotsPerDay).map { index in
            day.start(of: index).map { start in
                let end = day.end(after: start, slots: length)
                return SlotTimes(start: ZonedTime(start, in: grid.rules), end: ZonedTime(end, in: grid.rules))
            }
        }
        self.init(date: date, slots: slots)
    }

    /// How long the JSON of the whole day is at most.
    var byteCount: Int { text.count }

    /// Appends the visits that begin at the slots of `mask`, which exist on this day, with commas between them.
    func appendJSON(of mask: SlotMask, to bytes: inout [UInt8]) {
        var rest = mask.rawValue
        while rest != 0 {
            let first = rest.trailingZeroBitCount
            let end = first + (~(rest >> UInt32(first))).trailingZeroBitCount
            bytes.append(contentsOf: text[starts[first]..<starts[end]])
            rest &= ~((1 << UInt32(end)) - 1)
        }
        if !mask.isEmpty { bytes.removeLast() }  // the comma after the last one
    }
}

/// The fragments that were made lately, shared by all requests.
package final class SlotFragmentCache: Sendable {
    private struct Key: Hashable, Sendable {
        let grid: SlotGrid
        let date: LocalDate
        let length: Int
    }

    private let entriesMax: Int
    private let entries = Mutex<[Key: SlotFragments]>([:])

    /// - Parameter entriesMax: When so many are kept, all are dropped and made again as they are asked for; each takes
    ///   about 2 KiB.
    package init(entriesMax: Int = 10_000) {
        self.entriesMax = entriesMax
    }

    /// The fragments of one grid day for visits of `length` slots.
    package func fragments(grid: SlotGrid, date: LocalDate, length: Int) -> SlotFragments {
        let key = Key(grid: grid, date: date, length: length)
        if let known = entries.withLock({ $0[key] }) { return known }
        let made = SlotFragments(grid: grid, date: date, length: length)
        entries.withLock { entries in
            if entries.count >= entriesMax { entries.removeAll() }
            entries[key] = made
        }
        return made
    }
}
