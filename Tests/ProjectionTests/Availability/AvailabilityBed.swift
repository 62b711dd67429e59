import Domain
import EventStore
import Foundation
import Kafka
import Observability
import Postgres
import ProjectionRunner
import Redis
import Synchronization
import TestSupport

@testable import AvailabilityProjection

/// Both databases, a Redis and a broker for one test, with what writes to them and what reads.
final class AvailabilityBed: Sendable {
    let bookings: PGPool
    let practitioners: PGPool
    let urls: (bookings: String, practitioners: String)
    let redis: RedisClient
    let server: TestRedis
    let clock: SteppingClock
    let cold = FixedColdDays()
    let places: PractitionerPlaces
    let publisher: AvailabilityPublisher
    private let addressBox: AddressBox
    private let owners = Mutex(0)
    private let broker: Mutex<EmbeddedBroker>

    static let zones = ZoneDatabase(version: "test") { zone in
        [UInt8](try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(zone)")))
    }
    static let france = Country(code: .fr, languages: ["fr"], timeZone: "Europe/Paris")
    /// Friday, 20 November 2026, 07:00 in Paris: before the first slot.
    static let now = Instant(seconds: 1_795_154_400)
    static let today = LocalDate(days: 20_777)

    private init(
        _ bookings: TestDatabase, _ practitioners: TestDatabase, _ server: TestRedis, _ broker: EmbeddedBroker
    ) throws {
        urls = (bookings.url, practitioners.url)
        self.bookings = PGPool(url: bookings.url, label: "bookings", sessionsMax: 8)
        self.practitioners = PGPool(url: practitioners.url, label: "practitioners", sessionsMax: 8)
        self.server = server
        redis = try RedisClient(url: server.url, label: "pages")
        clock = SteppingClock(Self.now)
        places = PractitionerPlaces(pool: self.practitioners, zones: Self.zones, trustedFor: .zero)
        let address = AddressBox(broker.settings)
        publisher = AvailabilityPublisher(
            kafka: { address.value.withLock { $0 } }, identifiers: SeededIdentifiers(seed: 5), clock: clock)
        addressBox = address
        self.broker = Mutex(broker)
    }

    final class AddressBox: Sendable {
        let value: Mutex<KafkaSettings>
        init(_ settings: KafkaSettings) { value = Mutex(settings) }
    }

    private static let turnstile = Turnstile(6)

    static func with(_ body: (AvailabilityBed) async throws -> Void) async throws {
        await turnstile.enter()
        do { try await lend(body) } catch {
            await turnstile.leave()
            throw error
        }
        await turnstile.leave()
    }

    private static func lend(_ body: (AvailabilityBed) async throws -> Void) async throws {
        try await TestDatabase.with("pages_b") { bookings in
            try await TestDatabase.with("pages_p") { practitioners in
                try await TestRedis.with { server in
                    let bed = try AvailabilityBed(bookings, practitioners, server, try await freshBroker())
                    do {
                        for pool in [bed.bookings, bed.practitioners] {
                            try await Migrations.apply(Migrations.set, component: Migrations.component, in: pool)
                        }
                        try await Migrations.apply(
                            ProjectionSchema.migrations, component: ProjectionSchema.component, in: bed.practitioners)
                        try await body(bed)
                        await bed.close()
                    } catch {
                        await bed.close()
                        throw error
                    }
                }
            }
        }
    }

    private static func freshBroker() async throws -> EmbeddedBroker {
        try EmbeddedBroker(topics: Topic.allCases.map { (name: $0.name, partitions: Topic.partitionsPerTopic) })
    }

    private func close() async {
        await publisher.close()
        await broker.withLock { $0 }.close()
        await redis.close()
        await bookings.close()
        await practitioners.close()
    }

    var kafka: KafkaSettings { addressBox.value.withLock { $0 } }

    /// Ends the broker, which forgets everything, and starts another one elsewhere.
    func replaceBroker() async throws {
        await broker.withLock { $0 }.close()
        let next = try await Self.freshBroker()
        broker.withLock { $0 = next }
        addressBox.value.withLock { $0 = next.settings }
    }

    var stores: [Topic: EventReader] {
        [.bookingEvents: EventReader(bookings), .practitionerEvents: EventReader(practitioners)]
    }

    func model(_ upcasters: Upcasters = .standard) -> AvailabilityModel {
        AvailabilityModel(
            redis: redis, bookings: bookings, practitioners: practitioners, places: places, publisher: publisher,
            cold: cold, countries: [.fr: Self.france], zones: Self.zones, clock: clock,
            journal: ProgressJournal(pool: practitioners, clock: clock), upcasters: upcasters)
    }

    var reader: AvailabilityReader {
        AvailabilityReader(
            places: places, pages: AvailabilityPages(redis: redis), cold: cold, clock: clock,
            countries: [.fr: Self.france])
    }

    // MARK: history

    func append(_ events: [EventToAppend], to pool: PGPool) async throws {
        let append = EventAppend(events)
        let results = try await pool.pipeline([PGStep(.begin)] + append.steps + [PGStep(.commit)])
        _ = try append.verify(results.dropFirst().dropLast())
    }

    /// Gives positions to all that waits, and publishes it where there is a topic.
    func relay(publishing: Bool = true) async throws {
        let figures = RelayMetrics(Metrics())
        let owner = owners.withLock { count in
            count += 1
            return count
        }
        let settings = [
            ("booking", urls.bookings, Topic.bookingEvents), ("practitioner", urls.practitioners, .practitionerEvents),
        ]
        .map { role, url, topic in
            let kafka = kafka
            return RelayerSettings(
                databaseURL: url, role: role, topic: publishing ? topic : nil, owner: "\(role)-\(owner)",
                kafka: { kafka })
        }
        let relayers = settings.map { Relayer($0, metrics: figures, log: .silent) }
        for relayer in relayers { await relayer.start() }
        do {
            for pool in [bookings, practitioners] {
                try await eventually("everything is stamped and acknowledged") {
                    let rows = try await pool.query(SQLStatement(name: "t", text: "SELECT count(*) FROM outbox"))
                    let heads = try await EventReader(pool).heads()
                    return rows.int(0, 0) == 0 && (!publishing || heads.allSatisfy { $0.stamped == $0.acknowledged })
                }
            }
        } catch {
            for relayer in relayers { await relayer.stop() }
            throw error
        }
        for relayer in relayers { await relayer.stop() }
    }

    /// Runs a runner over the model until `body` returns.
    func running(
        _ model: AvailabilityModel? = nil, _ body: (ProjectionRunner) async throws -> Void
    ) async throws {
        let clock = clock
        let isWatched = TestServers.setting("TEST_LOG") != nil
        let log = isWatched ? Log.standardError(minimum: .debug, clock: { clock.now().microseconds }) : .silent
        let runner = ProjectionRunner(
            model ?? self.model(), stores: stores, kafka: { self.kafka }, groupID: "availability", log: log,
            metrics: ProjectionMetrics(Metrics()), clock: clock, foreign: ForeignRecords(pool: practitioners))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await runner.run() }
            do { try await body(runner) } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }

    /// Waits until every partition's checkpoint has reached what its stores have stamped.
    func caughtUp(within deadline: Duration = .seconds(30)) async throws {
        try await eventually("the pages have everything", within: deadline) {
            let bookingHeads = try await EventReader(self.bookings).heads()
            let practitionerHeads = try await EventReader(self.practitioners).heads()
            let store = PageStore(redis: self.redis, epoch: 1)
            for shard in Shard.all {
                guard let stored = try await store.checkpoint(of: shard.number, AvailabilityModel.topics) else {
                    return false
                }
                if stored.progress[.bookingEvents].sequence < bookingHeads[shard.number].stamped { return false }
                if stored.progress[.practitionerEvents].sequence < practitionerHeads[shard.number].stamped {
                    return false
                }
            }
            return true
        }
    }

    /// Whether the pages are what a fold of the stores says, in all partitions.
    func equalsFold(_ model: AvailabilityModel? = nil) async throws -> Bool {
        let model = model ?? self.model()
        for shard in Shard.all {
            let (pages, fold) = (try await model.digest(of: shard), try await model.digestOfStores(of: shard))
            if pages != fold { return false }
        }
        return true
    }

    /// One practitioner's free starts of a day as the API would say.
    func free(_ id: PractitionerID, _ date: LocalDate = today) async -> (String, AvailabilityAnswer.State)? {
        let question = AvailabilityQuestion(practitioner: id, country: .fr, from: date, days: 1)
        guard case .found(let answer) = await reader.answer(question) else { return nil }
        return (answer.days[0].free.bitmap, answer.state)
    }
}

extension CountryCode {
    static let fr: CountryCode = {
        guard let code = CountryCode("fr") else { preconditionFailure("fr is a country code") }
        return code
    }()
}

/// Booking's answers about cold days: every slot of the afternoon is free.
final class FixedColdDays: ColdDays {
    static let mask = SlotMask(first: 12, count: 4)
    let questions = Mutex(0)

    func free(
        of practitioner: PractitionerID, in country: CountryCode, from first: LocalDate, count: Int
    ) async throws -> [SlotMask]? {
        questions.withLock { $0 += 1 }
        return Array(repeating: Self.mask, count: count)
    }
}
