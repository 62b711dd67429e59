import AvailabilityProjection
import Domain
import EventStore
import Postgres
import ProjectionRunner
import Redis
import SearchProjection
import Synchronization

/// Search's documents out of the store and the pages, as a rebuild makes them, in a process of its own.
enum HostedDocuments {
    /// Builds epoch 1 from the pages of epoch 1.
    static func run(practitioners: String, redis: String) async throws {
        guard let france = CountryCode("fr") else { throw UsageError("fr is no country") }
        let pool = PGPool(url: practitioners, label: "bench-documents", sessionsMax: 4)
        let client = try RedisClient(url: redis, label: "bench-documents")
        try await SearchSchema.ensurePartitions(countries: [france], in: pool)
        let zones = MachineZones.database
        let engine = PostgresSearchEngine(
            pool: pool, zones: zones,
            countries: [Country(code: france, languages: ["fr"], timeZone: "Europe/Paris")])
        let model = SearchModel(
            engine: engine, practitioners: PractitionerHistory(pool),
            availability: FreeFromPages(
                places: PractitionerPlaces(pool: pool, zones: zones), content: AvailabilityContent(redis: client)),
            clock: MachineClock())
        for built in try await model.rebuild(RebuildOrder(Shard.all, ends: [:])) {
            print("\(built.partition.number) \(built.count)")
        }
        await pool.close()
        await client.close()
    }
}

/// What the pages say, each read once.
private final class FreeFromPages: BaselineAvailability {
    private let places: PractitionerPlaces
    private let content: AvailabilityContent
    private let known = Mutex<[BucketID: [(date: LocalDate, page: AvailabilityPage)]]>([:])

    init(places: PractitionerPlaces, content: AvailabilityContent) {
        self.places = places
        self.content = content
    }

    func free(of keys: [SearchKey]) async throws -> [BaselineFree] {
        var found: [BaselineFree] = []
        for place in try await places.read(keys.map { ($0.practitioner, $0.country) }) {
            guard let place else { continue }
            let pages = try await pages(of: place)
            let change = AvailabilityChanged(
                practitionerID: place.calendar.practitionerID, country: place.calendar.country,
                days: pages.compactMap { date, page in
                    page.cell(place.cell.cell).map { AvailabilityChanged.Day(date: date, free: $0.free) }
                }, nextAvailable: nil, cause: EventID(high: 0, low: 0),
                sources: [
                    AvailabilityChanged.Source(topic: .bookingEvents, sequence: pages.first?.page.bookings ?? 0),
                    AvailabilityChanged.Source(
                        topic: .practitionerEvents, sequence: pages.first?.page.practitioners ?? 0),
                ])
            found.append(BaselineFree(change, asOf: MachineClock().now()))
        }
        return found
    }

    private func pages(of place: PractitionerPlace) async throws -> [(date: LocalDate, page: AvailabilityPage)] {
        let bucket = place.cell.bucket
        if let pages = known.withLock({ $0[bucket] }) { return pages }
        let standing = try await content.standing(of: Shard(place.partition))
        guard let extent = standing?.extents.first(where: { $0.country == bucket.country }) else { return [] }
        let days = (extent.days.lowerBound.days...extent.days.upperBound.days).map { LocalDate(days: $0) }
        let read = try await content.pages(of: bucket, days)
        let pages = zip(days, read).compactMap { date, page in page.map { (date: date, page: $0) } }
        known.withLock { $0[bucket] = pages }
        return pages
    }
}
