package import Domain

/// Answers what is free: hot days from the pages, later ones from booking, the clock at the moment of reading.
package struct AvailabilityReader: Sendable {
    private let places: PractitionerPlaces
    private let pages: AvailabilityPages
    private let cold: any ColdDays
    private let clock: any WallClock
    private let countries: [CountryCode: Country]

    /// Stands on the practitioners' calendars, the pages and booking.
    package init(
        places: PractitionerPlaces, pages: AvailabilityPages, cold: any ColdDays, clock: any WallClock,
        countries: [CountryCode: Country]
    ) {
        self.places = places
        self.pages = pages
        self.cold = cold
        self.clock = clock
        self.countries = countries
    }

    /// Answers one question.
    package func answer(_ question: AvailabilityQuestion) async -> AvailabilityOutcome {
        guard let country = countries[question.country] else { return .unknownPractitioner }
        let reading: PractitionerPlaces.Reading
        do {
            guard let found = try await places.place(of: question.practitioner, in: question.country) else {
                return .unknownPractitioner
            }
            reading = found
        } catch {
            return .unavailable(.practitioners)
        }
        let calendar = reading.place.calendar
        var length = 1
        if let code = question.consultationType {
            guard let type = calendar.consultationType(code) else { return .unknownConsultationType }
            length = type.slots
        }
        let view: AvailabilityPages.View
        // Which pages are served stands beside the calendars, in the practitioner database.
        do { view = try await pages.view() } catch { return .unavailable(.practitioners) }
        let window = BookingWindow(now: clock.now(), country: country, grid: calendar.grid)
        var days = FreeDays(reading, window: window, length: length, pages: view, cold: cold)
        let first = question.from ?? window.today
        let wanted = first...first.adding(days: max(1, question.days) - 1)
        do {
            try await days.load(wanted)
            let next = try await days.nextAvailable(after: wanted)
            return .found(days.answer(wanted, next, isCalendarCurrent: reading.isCurrent))
        } catch is PagesUnreachable {
            return .unavailable(.pages)
        } catch {
            return .unavailable(.bookings)
        }
    }
}

/// Redis cannot be asked, which is said as such: a page that is missing is `unknown`, a silent Redis is no answer at
/// all.
private struct PagesUnreachable: Error {}

/// The days of one question, read as they turn out to be needed.
private struct FreeDays {
    let place: PractitionerPlace
    let window: BookingWindow
    let length: Int
    let pages: AvailabilityPages.View
    let cold: any ColdDays

    /// False: some event of the practitioner cannot be read, so that nothing is known of any day.
    let isWhole: Bool

    private var free: [LocalDate: SlotMask] = [:]
    private var isUnknown = false
    private var progress: AvailabilityPages.Progress?

    init(
        _ reading: PractitionerPlaces.Reading, window: BookingWindow, length: Int, pages: AvailabilityPages.View,
        cold: any ColdDays
    ) {
        place = reading.place
        isWhole = reading.isWhole
        self.window = window
        self.length = length
        self.pages = pages
        self.cold = cold
    }

    private var grid: SlotGrid { place.calendar.grid }
    private var lastHot: LocalDate { window.today.adding(days: PageLayout.hotDays - 1) }

    /// Reads the hot days of a range, and all before them, as the next free start may be there; then the cold ones.
    mutating func load(_ dates: ClosedRange<LocalDate>) async throws {
        let last = min(dates.upperBound, window.lastDate)
        try await loadHot(window.firstDate, through: min(last, lastHot))
        try await loadCold(max(dates.lowerBound, lastHot.adding(days: 1)), through: last)
    }

    /// The first free start; reads days after `dates` only where none of the days before has one.
    mutating func nextAvailable(after dates: ClosedRange<LocalDate>) async throws -> Instant? {
        if isUnknown { return nil }
        if let found = firstStart(through: min(dates.upperBound, lastHot)) { return found }
        try await loadHot(min(dates.upperBound, lastHot).adding(days: 1), through: min(lastHot, window.lastDate))
        if isUnknown { return nil }
        if let found = firstStart(through: lastHot) { return found }
        try await loadCold(lastHot.adding(days: 1), through: window.lastDate)
        return firstStart(through: window.lastDate)
    }

    func answer(
        _ dates: ClosedRange<LocalDate>, _ next: Instant?, isCalendarCurrent: Bool
    ) -> AvailabilityAnswer {
        let count = dates.lowerBound.days(until: dates.upperBound) + 1
        let days = (0..<count).map { offset in
            let date = dates.lowerBound.adding(days: offset)
            return AvailabilityAnswer.Day(date: date, free: starts(on: date))
        }
        let isFresh = isCalendarCurrent && (progress?.isFresh(at: window.now) ?? false)
        return AvailabilityAnswer(
            place: place, length: length, state: isUnknown ? .unknown : isFresh ? .fresh : .stale,
            asOf: progress?.asOf, days: days, nextAvailable: next)
    }

    private func starts(on date: LocalDate) -> SlotMask {
        Availability.freeStarts(free: free[date] ?? .empty, on: date, grid: grid, window: window, length: length)
    }

    private func firstStart(through last: LocalDate) -> Instant? {
        var date = window.firstDate
        while date <= min(last, window.lastDate) {
            if let slot = starts(on: date).first, let start = grid.day(date).start(of: slot) { return start }
            date = date.adding(days: 1)
        }
        return nil
    }

    private mutating func loadHot(_ first: LocalDate, through last: LocalDate) async throws {
        let missing = dates(first, last).filter { free[$0] == nil }
        if missing.isEmpty { return }
        let reading: AvailabilityPages.Reading
        do { reading = try await pages.read(place, missing) } catch { throw PagesUnreachable() }
        progress = reading.progress
        if reading.isQuarantined || !isWhole {
            isUnknown = true
            for date in missing { free[date] = .empty }
            return
        }
        for (date, cell) in zip(missing, reading.cells) {
            if let cell {
                free[date] = cell.free
            } else if date == lastHot {  // built a little after midnight, and answered cold until then
                try await loadCold(date, through: date)
            } else {
                isUnknown = true
            }
        }
    }

    private mutating func loadCold(_ first: LocalDate, through last: LocalDate) async throws {
        let missing = dates(first, last).filter { free[$0] == nil }
        guard let begin = missing.first else { return }
        let masks = try await cold.free(
            of: place.calendar.practitionerID, in: place.calendar.country, from: begin,
            count: begin.days(until: last) + 1)
        guard let masks else {
            isUnknown = true
            return
        }
        for (offset, mask) in masks.enumerated() { free[begin.adding(days: offset)] = mask }
    }

    private func dates(_ first: LocalDate, _ last: LocalDate) -> [LocalDate] {
        first > last ? [] : (0...first.days(until: last)).map { first.adding(days: $0) }
    }
}
