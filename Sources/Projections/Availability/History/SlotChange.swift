package import Domain

/// Slots of a grid day that one event took from the free ones, or gave back.
package struct SlotChange: Hashable, Sendable {
    /// The grid day.
    package let date: LocalDate
    /// Which slots of it.
    package let slots: SlotMask
    /// True: they are booked now; false: they are not any more.
    package let isTaken: Bool
}

extension BookingEvent {
    /// What the event does to the slots of one practitioner: it gives back first, then takes.
    package func slotChanges(of practitioner: PractitionerID) -> [SlotChange] {
        let effects = slotEffects
        return [(effects.released, false), (effects.taken, true)].compactMap { effect, isTaken in
            guard let effect, effect.practitioner == practitioner else { return nil }
            return SlotChange(date: effect.date, slots: effect.slots, isTaken: isTaken)
        }
    }
}

extension SlotMask {
    /// The booked slots of a grid day after one more change, which may be one of another day.
    package func after(_ change: SlotChange, on date: LocalDate) -> SlotMask {
        guard change.date == date else { return self }
        return change.isTaken ? union(change.slots) : subtracting(change.slots)
    }
}
