import AvailabilityProjection
import Domain
import EventStore
import Postgres
import ProjectionRunner
import Redis
import SearchProjection

/// Search's documents out of the store and the pages, as a rebuild makes them, in a process of its own.
enum HostedDocuments {
    /// What came out of it, as the process prints it.
    struct Outcome: Sendable {
        let documents: Int
        let seconds: Double
        let peakMebibytes: Double
    }

    /// Builds epoch 1 from the pages of epoch 1, and prints one line.
    static func run(practitioners: String, bookings: String, redis: String) async throws {
        guard let code = CountryCode("fr") else { throw UsageError("fr is no country") }
        let france = Country(code: code, languages: ["fr"], timeZone: "Europe/Paris")
        let pool = PGPool(url: practitioners, label: "bench-documents", sessionsMax: 4)
        let bookings = PGPool(url: bookings, label: "bench-documents", sessionsMax: 2)
        let client = try RedisClient(url: redis, label: "bench-documents")
        try await SearchSchema.ensurePartitions(countries: [code], in: pool)
        let zones = MachineZones.database
        let places = PractitionerPlaces(pool: pool, zones: zones)
        let model = SearchModel(
            engine: PostgresSearchEngine(pool: pool, zones: zones, countries: [france]),
            practitioners: PractitionerHistory(pool),
            availability: ServedPages(
                pages: FreeSlotsNow(
                    content: { AvailabilityContent(redis: client) }, places: places,
                    cold: StoredColdDays(bookings: bookings, places: places), clock: MachineClock(),
                    countries: [code: france])),
            clock: MachineClock())
        let begun = ContinuousClock.now
        let built = try await model.rebuild(RebuildOrder(Shard.all, ends: [:]))
        let seconds = (ContinuousClock.now - begun).seconds
        print("\(built.reduce(0) { $0 + $1.count }) \(seconds) \(HostedFold.peakMebibytes)")
        for pool in [pool, bookings] { await pool.close() }
        await client.close()
    }

    /// Reads what `run` printed.
    static func outcome(_ output: String) throws -> Outcome {
        let words = output.split(separator: "\n").last?.split(separator: " ").compactMap { Double($0) } ?? []
        guard words.count == 3 else { throw WrongAnswer(output) }
        return Outcome(documents: Int(words[0]), seconds: words[1], peakMebibytes: words[2])
    }
}

/// What the pages say, as the composition root gives it to search.
private struct ServedPages: BaselineAvailability {
    let pages: FreeSlotsNow

    func free(of keys: [SearchKey]) async throws -> [BaselineFree] {
        let now = MachineClock().now()
        return try await pages.changes(of: keys.map { ($0.practitioner, $0.country) }).map {
            BaselineFree($0, asOf: now)
        }
    }
}
