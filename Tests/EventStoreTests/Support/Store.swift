import Domain
import EventStore
import Kafka
import Observability
import Postgres
import Synchronization
import TestSupport

/// A database with the store's schema, and what tests do with it.
struct Store: Sendable {
    let database: TestDatabase
    let pool: PGPool

    private static let turnstile = Turnstile(8)

    /// Lends a prepared database with partitions for France and Germany.
    static func with<T>(_ suite: String, _ body: (Store) async throws -> sending T) async throws -> sending T {
        await turnstile.enter()
        do {
            let result = try await lend(suite, body)
            await turnstile.leave()
            return result
        } catch {
            await turnstile.leave()
            throw error
        }
    }

    /// The same for a test that has a place already, and needs several.
    static func lend<T>(
        _ suite: String, _ body: (Store) async throws -> sending T
    ) async throws -> sending T {
        try await TestDatabase.with(suite) { database in
            let pool = PGPool(url: database.url, label: suite, sessionsMax: 12)
            try await Migrations.apply(Migrations.set, component: Migrations.component, in: pool)
            try await Partitions.ensure(countries: [.fr, .de], months: 2, in: pool)
            do {
                let result = try await body(Store(database: database, pool: pool))
                await pool.close()
                return result
            } catch {
                await pool.close()
                throw error
            }
        }
    }

    /// Appends in a transaction of its own.
    @discardableResult
    func append(_ events: [EventToAppend]) async throws -> RecordedAppend {
        let append = EventAppend(events)
        let results = try await pool.pipeline([PGStep(.begin)] + append.steps + [PGStep(.commit)])
        return try append.verify(results.dropFirst().dropLast())
    }

    /// The first column of the only row.
    func int(_ sql: String) async throws -> Int64 {
        try await pool.query(SQLStatement(name: "test", text: sql)).int(0, 0)
    }

    func run(_ sql: String) async throws {
        try await pool.withSession { session in
            try await session.execute(SQLStatement(name: "test", text: sql))
        }
    }

    /// Settings of a relayer that is quick to notice everything.
    func relayer(_ owner: String, topic: Topic?, kafka: KafkaSettings) -> RelayerSettings {
        var settings = RelayerSettings(
            databaseURL: database.url, role: "booking", topic: topic, owner: owner, kafka: { kafka })
        settings.leaseDuration = .seconds(2)
        settings.brokerPatience = .milliseconds(300)
        settings.stopPatience = .milliseconds(500)
        return settings
    }

    /// Runs relayers until `body` returns.
    func relaying<T>(
        _ settings: [RelayerSettings], metrics: Metrics = Metrics(), log: Log = .silent,
        _ body: ([Relayer]) async throws -> sending T
    ) async throws -> sending T {
        let figures = RelayMetrics(metrics)
        let relayers = settings.map { Relayer($0, metrics: figures, log: log) }
        for relayer in relayers { await relayer.start() }
        do {
            let result = try await body(relayers)
            for relayer in relayers { await relayer.stop() }
            return result
        } catch {
            for relayer in relayers { await relayer.stop() }
            throw error
        }
    }

    /// Waits until nothing waits for a position and everything stamped is acknowledged.
    func drained(within deadline: Duration = .seconds(30)) async throws {
        try await eventually("the outbox is drained and acknowledged", within: deadline) {
            let waiting = try await int("SELECT count(*) FROM outbox")
            let heads = try await EventReader(pool).heads()
            return waiting == 0 && heads.allSatisfy { $0.stamped == $0.acknowledged }
        }
    }
}

extension CountryCode {
    static let fr = spelled("fr")
    static let de = spelled("de")
    static let es = spelled("es")

    private static func spelled(_ text: String) -> CountryCode {
        guard let code = CountryCode(text) else { preconditionFailure("\(text) is no country code") }
        return code
    }
}

/// Events with ids that never repeat.
struct EventMaker: Sendable {
    let ids = SeededIdentifiers(seed: 7)
    /// Practitioners, so many that every shard has some.
    let practitioners: [PractitionerID]

    init(practitioners count: Int = 24) {
        let source = SeededIdentifiers(seed: 42)
        practitioners = (0..<count).map { _ in PractitionerID(from: source) }
    }

    func metadata(trace: String? = nil) -> EventMetadata {
        EventMetadata(
            eventID: EventID(from: ids), occurredAt: Instant(seconds: 1_790_000_000), correlationID: "test",
            causationID: nil, actorRole: "staff", actorSubject: "staff-1", traceparent: trace, zoneRules: "2026a")
    }

    func place(_ practitioner: PractitionerID, slot: Int = 3) -> BookedPlace {
        BookedPlace(
            practitionerID: practitioner, slotStart: Instant(seconds: 1_790_006_400),
            localDate: LocalDate(days: 20_717), slots: SlotMask(first: slot, count: 1))
    }

    func created(_ practitioner: PractitionerID, country: CountryCode = .fr) -> BookingCreated {
        let place = place(practitioner)
        return BookingCreated(
            bookingID: BookingID(from: ids), practitionerID: practitioner, patientID: PatientID(from: ids),
            country: country, slotStart: place.slotStart, slotEnd: place.slotStart.adding(minutes: 30),
            localDate: place.localDate, slots: place.slots, timeZone: "Europe/Paris", consultationType: "standard")
    }

    /// A new booking of any practitioner.
    func booking(_ index: Int, country: CountryCode = .fr) -> EventToAppend {
        let event = created(practitioners[index % practitioners.count], country: country)
        return EventToAppend(.created(event), version: 1, metadata: metadata())
    }

    func bookings(_ count: Int) -> [EventToAppend] { (0..<count).map { booking($0) } }
}

/// A figure that many tasks add to.
final class Tally: Sendable {
    private let value = Mutex(0)

    var count: Int { value.withLock { $0 } }

    func add(_ amount: Int) { value.withLock { $0 += amount } }
}
