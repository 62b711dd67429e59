/// The one judge of what is free: listing, booking, moving and publishing all ask here, so that what is listed can be
/// booked and what is not listed cannot.
package enum Availability {
    /// The slots of a grid day that are open and that nobody has, without a look at the clock: what is published.
    package static func free(_ calendar: PractitionerCalendar, on date: LocalDate, booked: SlotMask) -> SlotMask {
        calendar.open(on: date).subtracting(booked)
    }

    /// The starts of a grid day that can be booked now for a visit of `length` consecutive slots.
    ///
    /// `free` is what is open and not booked, from a calendar or from the bitmaps' two planes; `length` is at least 1.
    ///
    /// - Returns: The slots at which `length` free slots begin, on a day and at a time that the window allows.
    package static func freeStarts(
        free: SlotMask, on date: LocalDate, grid: SlotGrid, window: BookingWindow, length: Int = 1
    ) -> SlotMask {
        guard date >= window.firstDate, date <= window.lastDate else { return .empty }
        let starts = free.starts(ofRuns: length)
        // Even with a clock change that doubles an hour, a grid day two dates ahead has not begun yet.
        if starts.isEmpty || startsLater(date, grid, window) { return starts }
        return starts.intersection(grid.day(date).slots(notBefore: window.earliest))
    }

    /// The same, asked of a calendar.
    package static func freeStarts(
        _ calendar: PractitionerCalendar, on date: LocalDate, booked: SlotMask, window: BookingWindow, length: Int = 1
    ) -> SlotMask {
        freeStarts(
            free: free(calendar, on: date, booked: booked), on: date, grid: calendar.grid, window: window,
            length: length)
    }

    /// Judges one start by everything but other bookings: whether somebody has one of its slots is for the guard to
    /// say.
    ///
    /// Any offset of `start` names an instant; only a reading of the practice's own wall that its clock skips, written
    /// with the offset of before or after the skip and not as `Z`, names none. The past, the notice and the horizon are
    /// those of `BookingWindow`. `consultationType` is the code of a kind of visit.
    ///
    /// - Returns: The slots to take, or the first reason to refuse, in the contract's order: inactive, unknown kind of
    ///   visit, then `BookingRefusalReason` from its first case to its last.
    package static func check(
        _ start: ParsedTime, consultationType: String, calendar: PractitionerCalendar, now: Instant, country: Country
    ) -> Result<Placement, BookingRefusal> {
        guard calendar.isActive else { return .failure(.practitionerInactive) }
        guard let type = calendar.consultationType(consultationType) else { return .failure(.unknownConsultationType) }
        return check(
            start, length: type.slots, calendar: calendar,
            window: BookingWindow(now: now, country: country, grid: calendar.grid)
        ).mapError(BookingRefusal.slotNotBookable)
    }

    /// Judges one start for a visit of `length` slots (at least 1); see
    /// `check(_:consultationType:calendar:now:country:)`.
    package static func check(
        _ start: ParsedTime, length: Int, calendar: PractitionerCalendar, window: BookingWindow
    ) -> Result<Placement, BookingRefusalReason> {
        let grid = calendar.grid
        if isSkipped(start, by: grid.rules) { return .failure(.nonexistentLocalTime) }
        if start.instant < window.now { return .failure(.inThePast) }
        if start.instant < window.earliest { return .failure(.tooSoon) }
        if grid.gridDate(of: grid.rules.wall(at: start.instant)) > window.lastDate { return .failure(.beyondHorizon) }
        switch grid.position(of: start.instant) {
        case .offGrid: return .failure(.offGrid)
        case .outside: return .failure(.outsideSchedule)
        case .slot(let date, let slot):
            let open = calendar.open(on: date)
            guard open.contains(slot) else {
                return .failure(calendar.closed(on: date).contains(slot) ? .closed : .outsideSchedule)
            }
            guard open.starts(ofRuns: length).contains(slot) else { return .failure(.doesNotFit) }
            return .success(placement(calendar, grid.day(date), slot: slot, length: length, start: start.instant))
        }
    }

    /// The first free start for a visit of `length` slots, as far as the window's horizon.
    ///
    /// Looks from the grid day `date` on (nil: as early as possible); `booked` gives the booked slots of a grid day.
    ///
    /// - Returns: The start; nil if there is none.
    package static func nextAvailable(
        _ calendar: PractitionerCalendar, window: BookingWindow, from date: LocalDate? = nil, length: Int = 1,
        booked: (LocalDate) -> SlotMask
    ) -> FreeStart? {
        nextAvailable(grid: calendar.grid, window: window, from: date, length: length) {
            free(calendar, on: $0, booked: booked($0))
        }
    }

    /// The same, asked of the free slots of each day, such as the bitmaps'.
    package static func nextAvailable(
        grid: SlotGrid, window: BookingWindow, from date: LocalDate? = nil, length: Int = 1,
        free: (LocalDate) -> SlotMask
    ) -> FreeStart? {
        var date = max(date ?? window.firstDate, window.firstDate)
        while date <= window.lastDate {
            let starts = freeStarts(free: free(date), on: date, grid: grid, window: window, length: length)
            if let found = freeStart(grid, date, starts.first, length) { return found }
            date = date.adding(days: 1)
        }
        return nil
    }

    private static func isSkipped(_ time: ParsedTime, by rules: TimeZoneRules) -> Bool {
        guard !time.isZulu, case .gap(let before, let after) = rules.resolve(time.wall) else { return false }
        return time.offsetSeconds == before || time.offsetSeconds == after
    }

    private static func startsLater(_ date: LocalDate, _ grid: SlotGrid, _ window: BookingWindow) -> Bool {
        date.midnight.seconds - 2 * 86_400 > grid.rules.wall(at: window.earliest).seconds
    }

    private static func placement(
        _ calendar: PractitionerCalendar, _ day: GridDay, slot: Int, length: Int, start: Instant
    ) -> Placement {
        let slots = SlotMask(first: slot, count: length)
        return Placement(
            practitionerID: calendar.practitionerID, timeZone: calendar.grid.zone, date: day.date, slots: slots,
            start: start, end: day.end(after: start, slots: length), slotStarts: slots.indices.compactMap(day.start))
    }

    static func freeStart(_ grid: SlotGrid, _ date: LocalDate, _ slot: Int?, _ length: Int) -> FreeStart? {
        guard let slot else { return nil }
        let day = grid.day(date)
        guard let start = day.start(of: slot) else { return nil }
        return FreeStart(date: date, slot: slot, start: start, end: day.end(after: start, slots: length))
    }
}
