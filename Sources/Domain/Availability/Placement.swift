/// Where a visit would lie: the slots that it takes if nobody has them.
package struct Placement: Hashable, Sendable {
    /// Whose slots.
    package let practitionerID: PractitionerID
    /// The practice's IANA zone.
    package let timeZone: String
    /// The grid day.
    package let date: LocalDate
    /// The slots, consecutive.
    package let slots: SlotMask
    /// When the visit begins.
    package let start: Instant
    /// Elapsed time after `start`: slots x slotMinutes.
    package let end: Instant
    /// When each of the slots begins: the keys of the guard rows.
    package let slotStarts: [Instant]

    /// This place as one side of a move.
    package var place: BookedPlace {
        BookedPlace(practitionerID: practitionerID, slotStart: start, localDate: date, slots: slots)
    }
}

/// A start that is free, with the slot that it belongs to.
package struct FreeStart: Hashable, Sendable {
    /// The grid day.
    package let date: LocalDate
    /// The slot, 0..<24.
    package let slot: Int
    /// When a visit there begins.
    package let start: Instant
    /// When it ends, by elapsed time.
    package let end: Instant

    /// Takes a start; `end` is slots x slotMinutes after it.
    package init(date: LocalDate, slot: Int, start: Instant, end: Instant) {
        self.date = date
        self.slot = slot
        self.start = start
        self.end = end
    }
}
