import AvailabilityProjection
import Configuration
import Domain
import EventStore
import Foundation
import Kafka
import Observability
import Postgres
import ProjectionRunner
import Redis
import SearchProjection
import TestSupport

@testable import replay

/// Three databases, a Redis and a broker for one test, with the models that are looked into.
struct ReplayBed: Sendable {
    let bookings: PGPool
    let practitioners: PGPool
    let patients: PGPool
    let redis: RedisClient
    let broker: BedBroker
    /// The pages of an epoch, as a release writes them that reads what these upcasters read; only the first epoch tells
    /// others.
    let availabilityOf: @Sendable (_ epoch: Int64, _ release: Upcasters) -> AvailabilityModel
    /// The documents of an epoch; their free slots come from the pages of epoch 1.
    let search: @Sendable (_ epoch: Int64) -> SearchModel
    /// Where practitioners are in the pages.
    let places: PractitionerPlaces
    let urls: [String]
    /// What programs keep between two runs.
    let stateFolder: String
    private let fixedEnvironment: [String: String]

    /// What `replay` sees of the world; the brokers are where they are now.
    var environment: [String: String] {
        fixedEnvironment.merging(["KAFKA_BOOTSTRAP_SERVERS": broker.settings.bootstrapServers]) { $1 }
    }

    private static let turnstile = Turnstile(5)

    /// Lends a prepared bed and takes it away again.
    ///
    /// - Parameters:
    ///   - kafka: Bootstrap list of real brokers; nil: one in this process.
    ///   - topicSettings: Settings of the topics on real brokers, such as `retention.ms`.
    ///   - body: Gets the bed.
    /// - Throws: What `body` throws.
    static func with(
        kafka: String? = nil, topicSettings: [String: String] = [:], _ body: (ReplayBed) async throws -> Void
    ) async throws {
        await turnstile.enter()
        do { try await lend(kafka, topicSettings, body) } catch {
            await turnstile.leave()
            throw error
        }
        await turnstile.leave()
    }

    private static func lend(
        _ kafka: String?, _ topicSettings: [String: String], _ body: (ReplayBed) async throws -> Void
    ) async throws {
        try await TestDatabase.with("replay_b") { bookings in
            try await TestDatabase.with("replay_pr") { practitioners in
                try await TestDatabase.with("replay_pa") { patients in
                    try await TestRedis.with { redis in
                        let bed = try ReplayBed(
                            [bookings.url, practitioners.url, patients.url], redis.url,
                            try await BedBroker(kafka, topicSettings))
                        do {
                            try await bed.prepare()
                            try await body(bed)
                        } catch {
                            await bed.close()
                            throw error
                        }
                        await bed.close()
                    }
                }
            }
        }
    }

    /// The same databases and the same Redis beside a log that has nothing, as if it had lost all.
    func withNewLog(_ body: (ReplayBed) async throws -> Void) async throws {
        let bed = try ReplayBed(urls, environment["REDIS_URL"] ?? "", try await BedBroker(nil, [:]))
        do {
            try await body(bed)
        } catch {
            await bed.close()
            throw error
        }
        await bed.close()
    }

    private init(_ urls: [String], _ redisURL: String, _ broker: BedBroker) throws {
        self.urls = urls
        bookings = PGPool(url: urls[0], label: "bookings", sessionsMax: 6)
        practitioners = PGPool(url: urls[1], label: "practitioners", sessionsMax: 6)
        patients = PGPool(url: urls[2], label: "patients", sessionsMax: 2)
        redis = try RedisClient(url: redisURL, label: "replay-test")
        self.broker = broker
        stateFolder = FileManager.default.temporaryDirectory.appending(path: "replay-\(UUID())").path
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        fixedEnvironment = [
            "BOOKING_DATABASE_URL": urls[0], "PRACTITIONER_DATABASE_URL": urls[1], "PATIENT_DATABASE_URL": urls[2],
            "REDIS_URL": redisURL, "STATE_DIR": stateFolder,
            "COUNTRIES": root.appending(path: "countries.json").path,
        ]
        let (zones, clock) = (try SystemZones.database(), SystemClock())
        let countries = try CountriesFile.read(path: root.appending(path: "countries.json").path, zones: zones)
        let places = PractitionerPlaces(pool: practitioners, zones: zones, trustedFor: .zero)
        self.places = places
        let (bookings, practitioners, redis) = (bookings, practitioners, redis)
        let publisher = AvailabilityPublisher(
            kafka: { broker.settings }, identifiers: SeededIdentifiers(seed: 5), clock: clock)
        availabilityOf = { epoch, release in
            AvailabilityModel(
                redis: redis, bookings: bookings, practitioners: practitioners, places: places,
                publisher: epoch == 1 ? publisher : nil, cold: NothingCold(), countries: countries, zones: zones,
                clock: clock, epoch: epoch, upcasters: release)
        }
        search = { epoch in
            SearchModel(
                engine: PostgresSearchEngine(
                    pool: practitioners, zones: zones, countries: Array(countries.values), epoch: epoch),
                practitioners: PractitionerHistory(practitioners),
                availability: FreeFromPages(
                    places: places, content: AvailabilityContent(redis: redis), clock: clock),
                clock: clock)
        }
    }

    /// The pages of an epoch, as this release writes them.
    var availability: @Sendable (_ epoch: Int64) -> AvailabilityModel {
        { [availabilityOf] epoch in availabilityOf(epoch, .standard) }
    }

    private func prepare() async throws {
        for pool in [bookings, practitioners, patients] {
            try await Migrations.apply(Migrations.set, component: Migrations.component, in: pool)
        }
        try await Migrations.apply(SearchSchema.migrations, component: SearchSchema.component, in: practitioners)
        for pool in [bookings, practitioners] {
            try await Migrations.apply(
                ProjectionSchema.migrations, component: ProjectionSchema.component, in: pool)
        }
    }

    private func close() async {
        try? FileManager.default.removeItem(atPath: stateFolder)
        for pool in [bookings, practitioners, patients] { await pool.close() }
        await redis.close()
        await broker.close()
    }

    // MARK: what happens in it

    /// Runs `replay` with these arguments.
    func replay(_ arguments: String...) async -> (code: ExitCode, answer: String, complaint: String) {
        await replay(arguments)
    }

    /// The same of a list.
    func replay(_ arguments: [String]) async -> (code: ExitCode, answer: String, complaint: String) {
        let captured = CapturedConsole()
        let code = await ReplayProgram(environment: environment, console: captured.console).run(["replay"] + arguments)
        return (code, captured.answer, captured.complaint)
    }

    func append(_ events: [EventToAppend], to pool: PGPool) async throws {
        let append = EventAppend(events)
        let results = try await pool.pipeline([PGStep(.begin)] + append.steps + [PGStep(.commit)])
        _ = try append.verify(results.dropFirst().dropLast())
    }

    /// Gives positions to all that waits, and to what `feed` brings meanwhile, and publishes it.
    func relay(_ feed: () async throws -> Void = {}) async throws {
        let owners = SeededIdentifiers(seed: UInt64(ContinuousClock.now.hashValue.magnitude))
        let figures = RelayMetrics(Metrics())
        let relayers = zip(urls, [("booking", Topic.bookingEvents), ("practitioner", .practitionerEvents)]).map {
            let broker = broker
            let owner = "\($1.0)-\(EventID(from: owners).description.suffix(12))"
            return Relayer(
                RelayerSettings(
                    databaseURL: $0, role: $1.0, topic: $1.1, owner: owner, kafka: { broker.settings }),
                metrics: figures, log: .silent)
        }
        for relayer in relayers { await relayer.start() }
        do {
            try await feed()
            for pool in [bookings, practitioners] { try await drained(pool) }
        } catch {
            for relayer in relayers { await relayer.stop() }
            throw error
        }
        for relayer in relayers { await relayer.stop() }
    }

    /// Waits until everything in a database is stamped and acknowledged.
    func drained(_ pool: PGPool) async throws {
        try await eventually("everything is stamped and acknowledged") {
            let rows = try await pool.query(SQLStatement(name: "t", text: "SELECT count(*) FROM outbox"))
            let heads = try await EventReader(pool).heads()
            return rows.int(0, 0) == 0 && heads.allSatisfy { $0.stamped == $0.acknowledged }
        }
    }

    /// Builds both models of an epoch from the stores.
    func buildModels(epoch: Int64 = 1) async throws {
        let (availability, search) = (availability(epoch), search(epoch))
        let coverage = try LogCoverage(broker.settings, sequenced: [.bookingEvents, .practitionerEvents])
        for partition in Shard.all {
            var ends: LogEnds = [:]
            for topic in Topic.allCases { ends[topic] = try await coverage.watermarks(of: topic, partition).high }
            _ = try await availability.takeBaseline(of: partition, ends: ends)
            for topic in Topic.allCases { ends[topic] = try await coverage.watermarks(of: topic, partition).high }
            _ = try await search.takeBaseline(of: partition, ends: ends)
        }
    }

    func run(_ sql: String, in pool: PGPool) async throws {
        try await pool.withSession { try await $0.execute(SQLStatement(name: "test", text: sql)) }
    }
}

/// Nobody is free on days without pages.
private struct NothingCold: ColdDays {
    func free(
        of practitioner: PractitionerID, in country: CountryCode, from first: LocalDate, count: Int
    ) async throws -> [SlotMask]? { Array(repeating: .empty, count: count) }
}

/// What the pages say, as the composition root gives it to search.
private struct FreeFromPages: BaselineAvailability {
    let places: PractitionerPlaces
    let content: AvailabilityContent
    let clock: SystemClock

    func free(of keys: [SearchKey]) async throws -> [BaselineFree] {
        var found: [BaselineFree] = []
        for place in try await places.read(keys.map { ($0.practitioner, $0.country) }) {
            guard let place, let standing = try await content.standing(of: Shard(place.partition)),
                let extent = standing.extents.first(where: { $0.country == place.calendar.country })
            else { continue }
            let days = (extent.days.lowerBound.days...extent.days.upperBound.days).map { LocalDate(days: $0) }
            let pages = try await content.pages(of: place.cell.bucket, days)
            found.append(
                BaselineFree(
                    AvailabilityChanged(
                        practitionerID: place.calendar.practitionerID, country: place.calendar.country,
                        days: zip(days, pages).compactMap { date, page in
                            page?.cell(place.cell.cell).map { AvailabilityChanged.Day(date: date, free: $0.free) }
                        }, nextAvailable: nil, cause: EventID(high: 0, low: 0),
                        sources: standing.progress.positions.map {
                            AvailabilityChanged.Source(topic: $0.topic, sequence: $0.sequence)
                        }), asOf: clock.now()))
        }
        return found
    }
}
