import AvailabilityProjection
import Domain
import EventStore
import Glibc
import Kafka
import Observability
import Postgres
import ProjectionRunner
import Redis

/// A part of the system in a process of its own, started by the bench as `bench host …`: what is measured does not
/// share a process with what measures it.
enum HostedPart {
    private static let log = Log.standardError { MachineClock().now().microseconds }

    static func run(_ arguments: [String]) async throws -> Int32 {
        let stop = SignalWait()
        endWithParent()
        switch (arguments.first, arguments.count) {
        case ("relayer", 4):
            guard let domain = RelayedStore.Domain(rawValue: arguments[1]) else { throw usage }
            try await relayer(domain, database: arguments[2], kafka: arguments[3], until: stop)
        case ("sealer", 3):
            try await HostedSealer.run(database: arguments[1], heads: arguments[2], log, until: stop)
        case ("projection", 5):
            let part = ProjectedModel(
                bookings: arguments[1], practitioners: arguments[2], redis: arguments[3], kafka: arguments[4])
            try await part.run(log, until: stop)
        case ("fold", 5):
            guard let epoch = Int64(arguments[4]) else { throw usage }
            let part = ProjectedModel(
                bookings: arguments[1], practitioners: arguments[2], redis: arguments[3], kafka: "127.0.0.1:1")
            try await HostedFold.run(part, epoch: epoch)
        case ("repair", 5):
            guard let epoch = Int64(arguments[4]) else { throw usage }
            try await HostedFold.repairOne(
                ProjectedModel(
                    bookings: arguments[1], practitioners: arguments[2], redis: arguments[3], kafka: "127.0.0.1:1"),
                epoch: epoch)
        case ("log-fold", 5):
            try await HostedFold.runFromLog(
                ProjectedModel(
                    bookings: arguments[1], practitioners: arguments[2], redis: arguments[3], kafka: arguments[4]),
                epoch: 2)
        case ("publish-rounds", 5):
            try await HostedRounds.publish(
                ProjectedModel(
                    bookings: arguments[1], practitioners: arguments[2], redis: arguments[3], kafka: arguments[4]))
        case ("build-from-rounds", 6):
            guard let epoch = Int64(arguments[5]) else { throw usage }
            try await HostedRounds.build(
                ProjectedModel(
                    bookings: arguments[1], practitioners: arguments[2], redis: arguments[3], kafka: arguments[4]),
                epoch: epoch)
        case ("documents", 4):
            try await HostedDocuments.run(
                practitioners: arguments[1], bookings: arguments[2], redis: arguments[3])
        default: throw usage
        }
        return 0
    }

    /// A bench that was killed leaves nobody behind who writes into the next one's servers.
    private static func endWithParent() {
        let parent = getppid()
        Task {
            while getppid() == parent { try await Task.sleep(for: .milliseconds(500)) }
            kill(getpid(), SIGTERM)
        }
    }

    private static let usage = UsageError(
        "host is for the bench itself: relayer DOMAIN DATABASE KAFKA, or projection …")

    private static func relayer(
        _ domain: RelayedStore.Domain, database: String, kafka: String, until stop: SignalWait
    ) async throws {
        let kafka = KafkaSettings(bootstrapServers: kafka)
        let settings = RelayerSettings(
            databaseURL: database, role: domain.rawValue, topic: domain.topic, owner: "bench-\(getpid())",
            kafka: { kafka })
        let relayer = Relayer(settings, metrics: RelayMetrics(Metrics()), log: log)
        await relayer.start()
        await stop.next()
        await relayer.stop()
    }
}

/// The availability model with its runner, put together as the composition root of `appointments` does.
struct ProjectedModel: Sendable {
    let bookings: String
    let practitioners: String
    let redis: String
    let kafka: String

    /// Keeps the pages in step until the signal comes.
    func run(_ log: Log, until stop: SignalWait) async throws {
        try await with { model, stores in
            let kafka = KafkaSettings(bootstrapServers: kafka)
            let runner = ProjectionRunner(
                model, stores: stores, kafka: { kafka }, groupID: "bench-availability", log: log,
                metrics: ProjectionMetrics(Metrics()), clock: MachineClock())
            let running = Task { await runner.run() }
            await stop.next()
            running.cancel()
            await running.value
        }
    }

    /// Lends the model and the stores behind its topics.
    func with<T: Sendable>(
        epoch: Int64 = 1, _ body: (AvailabilityModel, [Topic: EventReader]) async throws -> T
    ) async throws -> T {
        guard let france = CountryCode("fr") else { throw UsageError("fr is no country") }
        let client = try RedisClient(url: redis, label: "bench-projection")
        let bookingPool = PGPool(url: bookings, label: "bench-bookings", sessionsMax: 8)
        let practitionerPool = PGPool(url: practitioners, label: "bench-practitioners", sessionsMax: 8)
        let settings = KafkaSettings(bootstrapServers: kafka)
        let publisher = AvailabilityPublisher(
            kafka: { settings }, identifiers: MachineIdentifiers(), clock: MachineClock())
        let model = AvailabilityModel(
            redis: client, bookings: bookingPool, practitioners: practitionerPool,
            places: PractitionerPlaces(pool: practitionerPool, zones: MachineZones.database), publisher: publisher,
            cold: NothingCold(),
            countries: [france: Country(code: france, languages: ["fr"], timeZone: "Europe/Paris")],
            zones: MachineZones.database, clock: MachineClock(), epoch: epoch)
        let stores = [
            Topic.bookingEvents: EventReader(bookingPool), .practitionerEvents: EventReader(practitionerPool),
        ]
        let result: Result<T, any Error>
        do { result = .success(try await body(model, stores)) } catch { result = .failure(error) }
        await publisher.close()
        await bookingPool.close()
        await practitionerPool.close()
        await client.close()
        return try result.get()
    }
}

/// Every practitioner of the bench has free slots on days with pages, so nobody asks for others.
private struct NothingCold: ColdDays {
    func free(
        of practitioner: PractitionerID, in country: CountryCode, from first: LocalDate, count: Int
    ) async throws -> [SlotMask]? { nil }
}

/// Random identifiers; nothing here depends on their order.
struct MachineIdentifiers: IdentifierSource {
    func next() -> (high: UInt64, low: UInt64) {
        (.random(in: .min ... .max), .random(in: .min ... .max))
    }
}
