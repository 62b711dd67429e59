extension Availability {
    /// How many alternatives a caller is offered.
    package static let alternativesMax = 3
    /// How many grid days either way are searched for alternatives.
    package static let alternativesReachDays = 7

    /// The grid days that are searched for alternatives to a start on `date`: those whose booked slots must be known.
    package static func alternativeDates(near date: LocalDate, window: BookingWindow) -> [LocalDate] {
        let first = max(date.adding(days: -alternativesReachDays), window.firstDate)
        let last = min(date.adding(days: alternativesReachDays), window.lastDate)
        return first > last ? [] : (0...first.days(until: last)).map { first.adding(days: $0) }
    }

    /// The free starts nearest in time to one that was refused; of two equally near ones the earlier comes first.
    ///
    /// What was wanted is never among them; `booked` gives the booked slots of each of
    /// `alternativeDates(near:window:)`.
    ///
    /// - Returns: At most `alternativesMax`, all bookable for a visit of the same length.
    package static func alternatives(
        to placement: Placement, calendar: PractitionerCalendar, window: BookingWindow, booked: (LocalDate) -> SlotMask
    ) -> [FreeStart] {
        let length = placement.slots.count
        var nearest: [FreeStart] = []
        for date in alternativeDates(near: placement.date, window: window) {
            let starts = freeStarts(calendar, on: date, booked: booked(date), window: window, length: length)
            nearest += starts.indices.compactMap { freeStart(calendar.grid, date, $0, length) }
        }
        return Array(
            nearest.filter { $0.start != placement.start }
                .sorted { (distance($0, placement), $0.start) < (distance($1, placement), $1.start) }
                .prefix(alternativesMax))
    }

    private static func distance(_ start: FreeStart, _ wanted: Placement) -> Int64 {
        abs(start.start.microseconds - wanted.start.microseconds)
    }
}
