package import Domain
import EventStore
import ProjectionRunner

/// What the served pages say now, in the words of `AvailabilityChanged`: where baselines of others find free slots.
package struct FreeSlotsNow: Sendable {
    /// The pages of a partition are not there yet: whoever asks tries again when they may be.
    package struct NotBuiltYet: Error {
        /// Says no more than that.
        package init() {}
    }

    private let content: @Sendable () async throws -> AvailabilityContent
    private let places: PractitionerPlaces
    private let cold: any ColdDays
    private let clock: any WallClock
    private let countries: [CountryCode: Country]

    /// Reads nothing yet.
    ///
    /// - Parameters:
    ///   - content: The pages that are served, asked for once a question.
    ///   - places: Where the pages have somebody.
    ///   - cold: What booking says about days without pages.
    ///   - clock: Says what has passed.
    ///   - countries: The rules of each country.
    package init(
        content: @escaping @Sendable () async throws -> AvailabilityContent, places: PractitionerPlaces,
        cold: any ColdDays, clock: any WallClock, countries: [CountryCode: Country]
    ) {
        self.content = content
        self.places = places
        self.cold = cold
        self.clock = clock
        self.countries = countries
    }

    /// All hot days of some practitioners.
    ///
    /// - Parameter wanted: Of one Kafka partition.
    /// - Returns: Whom the pages have, in no order; the cause says nothing.
    /// - Throws: `NotBuiltYet`; `RedisError`; `PGError`; what booking throws.
    package func changes(
        of wanted: [(id: PractitionerID, country: CountryCode)]
    ) async throws -> [AvailabilityChanged] {
        let found = try await places.read(wanted).compactMap { $0 }
        guard let first = found.first else { return [] }
        let content = try await content()
        guard let standing = try await content.standing(of: Shard(first.partition)) else { throw NotBuiltYet() }
        var changes: [AvailabilityChanged] = []
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
                if let change = try await change(place, pages, standing.progress) { changes.append(change) }
            }
        }
        return changes
    }

    /// Nil: a page is missing, or has not heard of the practitioner; an event will say more.
    ///
    /// `progress` was read before the pages, so all of it is in them. The header of a page says less, as it names the
    /// last event of that page alone; what was published between would be taken for news, and take slots back that are
    /// gone.
    private func change(
        _ place: PractitionerPlace, _ pages: [(LocalDate, AvailabilityPage?)], _ progress: ProjectionCheckpoint
    ) async throws -> AvailabilityChanged? {
        var days: [LocalDate: SlotMask] = [:]
        for (date, page) in pages {
            guard let cell = page?.cell(place.cell.cell) else { return nil }
            days[date] = cell.free
        }
        return AvailabilityChanged(
            practitionerID: place.calendar.practitionerID, country: place.calendar.country,
            days: days.sorted { $0.key < $1.key }.map { AvailabilityChanged.Day(date: $0.key, free: $0.value) },
            nextAvailable: try await nextAvailable(place, days), cause: EventID(high: 0, low: 0),
            sources: [Topic.bookingEvents, .practitionerEvents].map {
                AvailabilityChanged.Source(topic: $0, sequence: progress[$0].sequence)
            })
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
