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
        beginArray()
        for day in answer.days { self.day(day) }
        endArray()
        key("nextAvailable")
        time(orNull: answer.nextAvailable)
        endObject()
    }

    private mutating func day(_ day: AvailabilityDay) {
        beginObject()
        key("date")
        raw(day.fragments.dateJSON)
        key("bitmap")
        raw(bitmapJSON(day.free))
        key("free")
        beginArray()
        var rest = day.free.rawValue
        while rest != 0 {
            raw(day.fragments.json(rest.trailingZeroBitCount))
            rest &= rest - 1
        }
        endArray()
        endObject()
    }
}

/// 24 characters in quotes, slot 0 first.
private func bitmapJSON(_ mask: SlotMask) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: SlotMask.slotsPerDay + 2) { buffer, count in
        buffer[0] = UInt8(ascii: "\"")
        for slot in 0..<SlotMask.slotsPerDay {
            buffer[slot + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: mask.rawValue >> UInt32(slot) & 1)
        }
        buffer[SlotMask.slotsPerDay + 1] = UInt8(ascii: "\"")
        count = SlotMask.slotsPerDay + 2
    }
}
