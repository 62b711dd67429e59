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
    /// Follow which epochs are to be written, until their tasks are cancelled.
    let chores: [@Sendable () async -> Void]
    private let bookings: PGPool
    private let practitioners: PGPool
    private let publisher: AvailabilityPublisher

    private static let sessionsMax = 8

    init(
        _ settings: Settings, _ process: ProcessContext, redis: RedisClient, booking: any BookingNeighbour,
        kafka: KafkaConnection, metrics: ProjectionMetrics, epochs: ServedEpochs
    ) {
        let bookings = PGPool(
            url: settings.bookingDatabase, label: "projection-bookings", sessionsMax: Self.sessionsMax)
        let practitioners = PGPool(
            url: settings.practitionerDatabase, label: "projection-practitioners", sessionsMax: Self.sessionsMax)
        let places = PractitionerPlaces(pool: practitioners, zones: process.zones)
        let cold = ColdDaysFromBooking(booking: booking)
        let publisher = AvailabilityPublisher(
            kafka: kafka.settings, identifiers: process.identifiers, clock: process.clock)
        let journal = ProgressJournal(
            pool: practitioners, clock: process.clock, log: process.log, metrics: process.metrics)
        let freeSlots = FreeSlotsFromPages(
            content: { AvailabilityContent(redis: redis, epoch: try await epochs.epoch(of: "availability")) },
            places: places, cold: cold, clock: process.clock, countries: process.countries)
        let engine = PostgresSearchEngine(
            pool: practitioners, zones: process.zones, countries: Array(process.countries.values))
        let practitionerStore = EventReader(practitioners)
        let availabilityStores = [
            Topic.bookingEvents: EventReader(bookings), .practitionerEvents: practitionerStore,
        ]
        let registry = EpochRegistry(practitioners)
        let availability = LiveEpochs(
            "availability", topics: AvailabilityModel.topics, registry: registry, url: settings.practitionerDatabase,
            stores: availabilityStores, kafka: kafka.settings, owner: process.name, log: process.log
        ) { epoch in
            AvailabilityModel(
                redis: redis, bookings: bookings, practitioners: practitioners, places: places, publisher: publisher,
                cold: cold, countries: process.countries, zones: process.zones, clock: process.clock, epoch: epoch,
                journal: journal, log: process.log)
        }
        let searchStores = [Topic.practitionerEvents: practitionerStore]
        let search = LiveEpochs(
            "search", topics: SearchContent.topics, registry: registry, url: settings.practitionerDatabase,
            stores: searchStores, kafka: kafka.settings, owner: process.name, log: process.log
        ) { epoch in
            SearchModel(
                engine: engine.over(epoch: epoch), practitioners: PractitionerHistory(practitioners),
                availability: freeSlots, clock: process.clock)
        }
        let foreign = ForeignRecords(pool: practitioners, log: process.log)
        runners = [
            ProjectionRunner(
                availability, stores: availabilityStores, kafka: kafka.settings, groupID: "appointments-availability",
                log: process.log, metrics: metrics, clock: process.clock, foreign: foreign),
            ProjectionRunner(
                search, stores: searchStores, kafka: kafka.settings, groupID: "appointments-search", log: process.log,
                metrics: metrics, clock: process.clock, foreign: foreign),
        ]
        let baselines = Self.baselines(
            settings, process, redis: redis, kafka: kafka, epochs: epochs, places: places, bookings, practitioners)
        chores = [{ await availability.run() }, { await search.run() }] + baselines
        self.bookings = bookings
        self.practitioners = practitioners
        self.publisher = publisher
    }

    /// What puts the models into the log, where that was asked for.
    private static func baselines(
        _ settings: Settings, _ process: ProcessContext, redis: RedisClient, kafka: KafkaConnection,
        epochs: ServedEpochs, places: PractitionerPlaces, _ bookings: PGPool, _ practitioners: PGPool
    ) -> [@Sendable () async -> Void] {
        guard let hours = settings.logBaselineHours else { return [] }
        let stores: [Topic: EventReader] = [
            .bookingEvents: EventReader(bookings), .practitionerEvents: EventReader(practitioners),
        ]
        let pace = RebuildPace(
            RebuildPace.Sources(
                heads: {
                    var heads: [Topic: [Int64]] = [:]
                    for (topic, store) in stores { heads[topic] = try await store.heads().map(\.stamped) }
                    return heads
                },
                served: { shard in
                    let epoch = try await epochs.epoch(of: "availability")
                    return try await AvailabilityContent(redis: redis, epoch: epoch).standing(of: shard)?.progress
                },
                outboxAge: { .zero }),  // the relay's is another role's, maybe in another process
            lagMax: .milliseconds(250))
        let keeper = BaselineKeeper(
            [
                AvailabilityBaselines(
                    bookings: bookings, practitioners: practitioners, places: places, zones: process.zones,
                    clock: process.clock),
                SearchBaselines(practitioners),
            ],
            pool: practitioners, kafka: kafka.settings, every: .seconds(hours * 3_600), owner: process.name,
            identifiers: process.identifiers, clock: process.clock, pace: pace, log: process.log,
            metrics: BaselineMetrics(process.metrics))
        return [{ await keeper.run() }]
    }

    func close() async {
        await publisher.close()
        await bookings.close()
        await practitioners.close()
    }
}
