import AvailabilityProjection
import Configuration
import Domain
import EventStore
import Observability
import Postgres
import ProjectionRunner
import Redis
import SearchProjection

/// The runners of the read models: they read events of the booking and practitioner databases, nothing else there.
struct ProjectionRole: Sendable {
    let runners: [ProjectionRunner]
    private let bookings: PGPool
    private let practitioners: PGPool
    private let publisher: AvailabilityPublisher

    private static let sessionsMax = 8

    init(
        _ settings: Settings, _ process: ProcessContext, redis: RedisClient, booking: any BookingNeighbour,
        kafka: KafkaConnection, metrics: ProjectionMetrics
    ) {
        let bookings = PGPool(
            url: settings.bookingDatabase, label: "projection-bookings", sessionsMax: Self.sessionsMax)
        let practitioners = PGPool(
            url: settings.practitionerDatabase, label: "projection-practitioners", sessionsMax: Self.sessionsMax)
        let places = PractitionerPlaces(pool: practitioners, zones: process.zones)
        let cold = ColdDaysFromBooking(booking: booking)
        let publisher = AvailabilityPublisher(
            kafka: kafka.settings, identifiers: process.identifiers, clock: process.clock)
        let availability = AvailabilityModel(
            redis: redis, bookings: bookings, practitioners: practitioners, places: places, publisher: publisher,
            cold: cold, countries: process.countries, zones: process.zones, clock: process.clock,
            journal: ProgressJournal(
                pool: practitioners, clock: process.clock, log: process.log, metrics: process.metrics))
        let search = SearchModel(
            engine: PostgresSearchEngine(
                pool: practitioners, zones: process.zones, countries: Array(process.countries.values)),
            practitioners: PractitionerHistory(practitioners),
            availability: FreeSlotsFromPages(
                content: AvailabilityContent(redis: redis), places: places, cold: cold, clock: process.clock,
                countries: process.countries),
            clock: process.clock)
        let practitionerStore = EventReader(practitioners)
        runners = [
            ProjectionRunner(
                availability,
                stores: [.bookingEvents: EventReader(bookings), .practitionerEvents: practitionerStore],
                kafka: kafka.settings, groupID: "appointments-availability", log: process.log, metrics: metrics,
                clock: process.clock),
            ProjectionRunner(
                search, stores: [.practitionerEvents: practitionerStore], kafka: kafka.settings,
                groupID: "appointments-search", log: process.log, metrics: metrics, clock: process.clock),
        ]
        self.bookings = bookings
        self.practitioners = practitioners
        self.publisher = publisher
    }

    func close() async {
        await publisher.close()
        await bookings.close()
        await practitioners.close()
    }
}
