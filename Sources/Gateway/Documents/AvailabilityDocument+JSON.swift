import Domain
import JSON

extension JSONWriter {
    /// Writes free slots; the hot path of the whole API, so slots are copied, not formatted.
    mutating func availability(_ answer: AvailabilityDocument) {
        beginObject()
        key("practitionerId")
        identifier(answer.practitionerID)
        key("timeZone")
        string(answer.timeZone)
        key("slotMinutes")
        int(answer.slotMinutes)
        key("state")
        string(answer.state.rawValue)
        key("asOf")
        time(orNull: answer.asOf)
        key("days")
        raw(daysJSON(answer.days))
        key("nextAvailable")
        time(orNull: answer.nextAvailable)
        endObject()
    }
}

/// The list of days; runs of free slots are copied as one piece.
private func daysJSON(_ days: [AvailabilityDay]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(days.reduce(2) { $0 + $1.fragments.byteCount + 96 })
    text.append(UInt8(ascii: "["))
    for day in days {
        if text.count > 1 { text.append(UInt8(ascii: ",")) }
        text.append(contentsOf: #"{"date":"#.utf8)
        text.append(contentsOf: day.fragments.dateJSON)
        text.append(contentsOf: #","bitmap":""#.utf8)
        for slot in 0..<SlotMask.slotsPerDay {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: day.free.rawValue >> UInt32(slot) & 1))
        }
        text.append(contentsOf: #"","free":["#.utf8)
        day.fragments.appendJSON(of: day.free, to: &text)
        text.append(contentsOf: "]}".utf8)
    }
    text.append(UInt8(ascii: "]"))
    return text
}
