import AvailabilityProjection
import Domain
import SearchProjection

/// Where a rebuild of search finds free slots: in the availability pages that are served; of colder days in the stores.
struct ServedFreeSlots: BaselineAvailability {
    private let pages: FreeSlotsNow
    private let clock: any WallClock

    init(connections: Connections, places: PractitionerPlaces) {
        let desk = EpochDesk(.availability, connections)
        pages = FreeSlotsNow(
            content: { AvailabilityContent(redis: connections.redis, epoch: try await desk.served()) },
            places: places, cold: StoredColdDays(bookings: connections.booking.pool, places: places),
            clock: connections.clock, countries: connections.countries)
        clock = connections.clock
    }

    func free(of keys: [SearchKey]) async throws -> [BaselineFree] {
        let now = clock.now()
        return try await pages.changes(of: keys.map { ($0.practitioner, $0.country) }).map {
            BaselineFree($0, asOf: now)
        }
    }
}
