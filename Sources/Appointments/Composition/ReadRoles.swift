import AvailabilityProjection
import Domain
import Postgres
import ProjectionRunner
import SearchProjection

/// What the availability role is made of: it shares the practitioner database and reads events there.
struct AvailabilityRole: Sendable {
    let pool: PGPool
    let service: AvailabilityAdapter

    private static let sessionsMax = 4

    init(_ settings: Settings, _ process: ProcessContext, pages: AvailabilityPages, booking: any BookingNeighbour) {
        let pool = PGPool(url: settings.practitionerDatabase, label: "availability", sessionsMax: Self.sessionsMax)
        self.pool = pool
        service = AvailabilityAdapter(
            reader: AvailabilityReader(
                places: PractitionerPlaces(pool: pool, zones: process.zones), pages: pages,
                cold: ColdDaysFromBooking(booking: booking), clock: process.clock, countries: process.countries))
    }
}

/// What the search role is made of: its documents lie in the practitioner database.
struct SearchRole: Sendable {
    let pool: PGPool
    let service: SearchAdapter

    private static let sessionsMax = 6

    init(_ settings: Settings, _ process: ProcessContext, epochs: ServedEpochs) {
        let pool = PGPool(url: settings.practitionerDatabase, label: "search", sessionsMax: Self.sessionsMax)
        self.pool = pool
        let engine = PostgresSearchEngine(
            pool: pool, zones: process.zones, countries: Array(process.countries.values))
        service = SearchAdapter(
            queries: SearchQueries(
                engine: engine, zones: process.zones, clock: process.clock,
                epoch: { try await epochs.epoch(of: "search") }),
            countries: process.countries, zones: process.zones)
    }
}
