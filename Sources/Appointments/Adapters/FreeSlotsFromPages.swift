import AvailabilityProjection
import Domain
import SearchProjection

/// Where a baseline of search finds free slots: in the availability pages, which have a baseline of their own.
struct FreeSlotsFromPages: BaselineAvailability {
    private let pages: FreeSlotsNow
    private let clock: any WallClock

    init(
        content: @escaping @Sendable () async throws -> AvailabilityContent, places: PractitionerPlaces,
        cold: any ColdDays, clock: any WallClock, countries: [CountryCode: Country]
    ) {
        pages = FreeSlotsNow(content: content, places: places, cold: cold, clock: clock, countries: countries)
        self.clock = clock
    }

    func free(of keys: [SearchKey]) async throws -> [BaselineFree] {
        // The pages show the present: search counts the days that it keeps from this moment.
        let now = clock.now()
        return try await pages.changes(of: keys.map { ($0.practitioner, $0.country) }).map {
            BaselineFree($0, asOf: now)
        }
    }
}
