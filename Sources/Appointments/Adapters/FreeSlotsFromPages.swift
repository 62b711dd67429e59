import AvailabilityProjection
import Domain
import EventStore
import ProjectionRunner
import SearchProjection

/// Where a baseline of search finds free slots: in the availability pages, which have a baseline of their own.
struct FreeSlotsFromPages: BaselineAvailability {
    /// The pages of a partition are not there yet: search tries again when they may be.
    struct NotBuiltYet: Error {}

    /// The pages that are served, asked for once a question.
    let content: @Sendable () async throws -> AvailabilityContent
    let places: PractitionerPlaces
    let cold: any ColdDays
    let clock: any WallClock
    let countries: [CountryCode: Country]

    func free(of keys: [SearchKey]) async throws -> [BaselineFree] {
        let found = try await places.read(keys.map { ($0.practitioner, $0.country) }).compactMap { $0 }
        guard let first = found.first else { return [] }
        let content = try await content()
        guard let standing = try await content.standing(of: Shard(first.partition)) else { throw NotBuiltYet() }
        // The pages show the present: search counts the days that it keeps from this moment.
        let now = clock.now()
        var free: [BaselineFree] = []
        for (bucket, places) in Dictionary(grouping: found, by: \.cell.bucket) {
            guard let extent = standing.extents.first(where: { $0.country == bucket.country }) else {
                throw NotBuiltYet()
            }
            let dates = (0...extent.days.lowerBound.days(until: extent.days.upperBound)).map {
                extent.days.lowerBound.adding(days: $0)
            }
            let pages = Array(zip(dates, try await content.pages(of: bucket, dates)))
            // Of those in quarantine nothing is known; an event will say more when they leave it.
            for place in places where !standing.quarantined.contains(place.calendar.practitionerID) {
                if let change = try await change(place, pages) {
                    free.append(BaselineFree(change, asOf: now))
                }
            }
        }
        return free
    }

    /// Nil: a page is missing, or has not heard of the practitioner; an event will say more.
    private func change(
        _ place: PractitionerPlace, _ pages: [(LocalDate, AvailabilityPage?)]
    ) async throws -> AvailabilityChanged? {
        var days: [LocalDate: SlotMask] = [:]
        var sources: (bookings: Int64, practitioners: Int64) = (.max, .max)
        for (date, page) in pages {
            guard let page, let cell = page.cell(place.cell.cell) else { return nil }
            days[date] = cell.free
            sources = (min(sources.bookings, page.bookings), min(sources.practitioners, page.practitioners))
        }
        return AvailabilityChanged(
            practitionerID: place.calendar.practitionerID, country: place.calendar.country,
            days: days.sorted { $0.key < $1.key }.map { AvailabilityChanged.Day(date: $0.key, free: $0.value) },
            nextAvailable: try await nextAvailable(place, days), cause: EventID(high: 0, low: 0),
            sources: [
                AvailabilityChanged.Source(topic: .bookingEvents, sequence: sources.bookings),
                AvailabilityChanged.Source(topic: .practitionerEvents, sequence: sources.practitioners),
            ])
    }

    /// The first free start of the hot days; where they have none, booking is asked as far as the horizon.
    private func nextAvailable(_ place: PractitionerPlace, _ hot: [LocalDate: SlotMask]) async throws -> Instant? {
        guard let country = countries[place.calendar.country], let last = hot.keys.max() else { return nil }
        let grid = place.calendar.grid
        let window = BookingWindow(now: clock.now(), country: country, grid: grid)
        if let found = Availability.nextAvailable(grid: grid, window: window, free: { hot[$0] ?? .empty }) {
            return found.start
        }
        let first = last.adding(days: 1)
        guard first <= window.lastDate, place.calendar.isActive else { return nil }
        let masks = try await cold.free(
            of: place.calendar.practitionerID, in: place.calendar.country, from: first,
            count: first.days(until: window.lastDate) + 1)
        return Availability.nextAvailable(grid: grid, window: window, from: first) { date in
            let offset = first.days(until: date)
            guard let masks, masks.indices.contains(offset) else { return .empty }
            return masks[offset]
        }?.start
    }
}
