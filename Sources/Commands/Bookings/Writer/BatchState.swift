import Domain

/// What a transaction knows while it decides its commands one after the other: each sees what those before it did.
struct BatchState {
    /// The calendars of the practitioners that the batch touches; a missing one is unknown to booking.
    var calendars: [CalendarKey: StoredCalendar] = [:]
    /// Those that wait for an event that cannot be read: what is open there is not known.
    var waiting: Set<CalendarKey> = []
    /// The bookings that commands of the batch are about.
    var bookings: [BookingID: Booking] = [:]
    /// Who has which slot, of the stretches of time that were read.
    private var taken: [CalendarKey: [Instant: BookingID]] = [:]
    /// Bookings that an event of this batch has changed: older readings of their slots do not count.
    private var changed: Set<BookingID> = []
    /// The stretches of time of which the slots were read.
    private var known: [CalendarKey: [Range<Instant>]] = [:]

    /// Takes in the confirmed slots of a practitioner that begin within `range`.
    mutating func learn(_ key: CalendarKey, slotsIn range: Range<Instant>) {
        known[key, default: []].append(range)
    }

    mutating func learn(_ key: CalendarKey, slot: Instant, of booking: BookingID) {
        if changed.contains(booking) { return }
        taken[key, default: [:]][slot] = booking
    }

    /// Whether every slot of a placement lies in a stretch that was read: else the command waits for the next batch.
    func knows(_ key: CalendarKey, _ placement: Placement) -> Bool {
        let ranges = known[key] ?? []
        return placement.slotStarts.allSatisfy { start in ranges.contains { $0.contains(start) } }
    }

    /// Whether somebody other than `booking` has a slot of it.
    func isTaken(_ key: CalendarKey, _ placement: Placement, exceptBy booking: BookingID?) -> Bool {
        guard let taken = taken[key] else { return false }
        return placement.slotStarts.contains { start in taken[start].map { $0 != booking } ?? false }
    }

    /// Takes in what an event did, so that the next command of the batch sees it.
    mutating func apply(_ change: BookingDecider.Change, of booking: Booking) {
        if let left = change.leaves {
            let key = CalendarKey(country: booking.country, practitionerID: left.practitionerID)
            taken[key] = taken[key]?.filter { $0.value != booking.id }
        }
        if let placement = change.takes {
            let key = CalendarKey(country: booking.country, practitionerID: placement.practitionerID)
            for start in placement.slotStarts { taken[key, default: [:]][start] = booking.id }
        }
        bookings[booking.id] = booking
        changed.insert(booking.id)
    }

    /// The slots of a practitioner's grid day that are taken, by what was read and decided.
    func booked(_ key: CalendarKey, on date: LocalDate) -> SlotMask {
        guard let taken = taken[key], let grid = calendars[key]?.calendar.grid else { return .empty }
        let day = grid.day(date)
        let indices = (0..<SlotMask.slotsPerDay).filter { slot in day.start(of: slot).map { taken[$0] != nil } ?? false
        }
        return SlotMask(indices: indices) ?? .empty
    }
}
