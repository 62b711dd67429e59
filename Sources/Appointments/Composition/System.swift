import AvailabilityProjection
import BookingCommands
import Configuration
import Domain
import EventStore
import Gateway
import Observability
import Postgres
import PractitionerCommands
import ProjectionRunner
import Redis

/// The roles of one process, joined: directly where they are here, over HTTP where they are elsewhere.
struct System: Sendable {
    let gateway: APIGateway
    let readiness: Readiness
    let internalRoutes: InternalRoutes
    private let booking: BookingRole?
    private let practitioner: PractitionerRole?
    private let patient: PatientRole?
    private let availability: AvailabilityRole?
    private let search: SearchRole?
    private let relay: RelayRole?
    private let audit: AuditOffice?
    private let projection: ProjectionRole?
    private let work: BackgroundWork
    private let history: PGPool
    private let redis: RedisClient
    private let kafka: KafkaConnection

    /// - Throws: `SettingsError` where a setting that these roles need is missing or cannot be used.
    init(_ settings: Settings, _ roles: Set<ServiceRole>, _ process: ProcessContext) throws {
        let neighbours = try Neighbours(settings, roles)
        kafka = KafkaConnection(settings.kafka)
        redis = try Self.redis(settings)
        let epochs = ServedEpochs(url: settings.practitionerDatabase, label: "epochs", log: process.log)
        let pages = AvailabilityPages(redis: redis) { try await epochs.epoch(of: "availability") }
        history = PGPool(url: settings.practitionerDatabase, label: "history", sessionsMax: 2)
        patient = roles.contains(.patient) ? try PatientRole(settings, process) : nil
        booking = try Self.booking(settings, roles, process, neighbours, history, patient, pages)
        let needsBooking = !roles.isDisjoint(with: [.practitioner, .availability, .projection])
        let bookingNeighbour = needsBooking || booking != nil ? try neighbours.booking(booking) : nil
        practitioner = bookingNeighbour.flatMap { neighbour in
            roles.contains(.practitioner) ? PractitionerRole(settings, process, calendar: neighbour) : nil
        }
        availability = bookingNeighbour.flatMap { neighbour in
            roles.contains(.availability) ? AvailabilityRole(settings, process, pages: pages, booking: neighbour) : nil
        }
        search = roles.contains(.search) ? SearchRole(settings, process, epochs: epochs) : nil
        audit = roles.contains(.booking) ? try AuditOffice(settings, process, redis: redis) : nil
        relay = roles.contains(.relay) ? try RelayRole(settings, process, kafka) : nil
        let runners: [ProjectionRunner]
        (projection, runners) = Self.projections(
            settings, roles, process, (booking, bookingNeighbour), history, redis, kafka, epochs)
        let upkeep = Upkeep(
            databases: [
                ("booking", booking?.pool), ("practitioner", practitioner?.pool), ("patient", patient?.pool),
            ].compactMap { name, pool in pool.map { (name, $0) } },
            countries: process.countries.keys.sorted(), clock: process.clock, log: process.log,
            metrics: process.metrics)
        let kafka = self.kafka
        let hasBaselines = settings.logBaselineHours != nil
        let topics: @Sendable () async -> Void = {
            await kafka.ensureTopics(hasBaselines: hasBaselines) {
                process.log.warning("topics could not be created yet", [.error: .error($0)])
            }
        }
        let makesTopics = relay != nil || (projection != nil && hasBaselines)
        let readsModels = !roles.isDisjoint(with: [.availability, .booking, .search, .projection])
        let follow: @Sendable () async -> Void = { await epochs.run() }
        work = BackgroundWork(
            runners,
            [{ await upkeep.run() }] + (readsModels ? [follow] : []) + (makesTopics ? [topics] : [])
                + (projection?.chores ?? []))

        gateway = try Edge.gateway(
            settings,
            GatewayServices(
                bookings: booking?.service, practitioners: practitioner?.service, patients: patient?.service,
                availability: availability?.service, search: search?.service, audit: audit?.service),
            process)
        internalRoutes = InternalRoutes(
            booking: booking?.neighbour,
            practitioners: practitioner.map { LocalPractitioners(stream: PractitionerStream(pool: $0.pool)) },
            patients: patient.map { LocalPatients(queries: $0.queries) })
        var checks: [Readiness.Check] = []
        if let booking { checks.append(.database("booking-database", booking.pool)) }
        if let practitioner { checks.append(.database("practitioner-database", practitioner.pool)) }
        if let patient { checks.append(.database("patient-database", patient.pool)) }
        if let availability { checks.append(.database("availability-database", availability.pool)) }
        if let search { checks.append(.database("search-database", search.pool)) }
        checks.append(.projections(work))
        if let relay { checks.append(.history(relay.seals)) }
        checks.append(.redis(redis))
        checks.append(.kafka(kafka))
        readiness = Readiness(checks: checks)
    }

    /// Begins the work that no request brings about; copes with servers that are away.
    func start() async {
        await relay?.start()
        work.start()
    }

    /// Ends it in reverse order, once no request comes any more.
    func stop() async {
        await work.stop()
        await relay?.stop()
        await projection?.close()
        await booking?.close()
        await audit?.close()
        await practitioner?.close()
        await patient?.close()
        await availability?.pool.close()
        await search?.pool.close()
        await history.close()
        await redis.close()
    }

    /// The read models of the projection role, and booking's calendars, which follow the same log.
    private static func projections(
        _ settings: Settings, _ roles: Set<ServiceRole>, _ process: ProcessContext,
        _ booking: (role: BookingRole?, neighbour: (any BookingNeighbour)?), _ history: PGPool, _ redis: RedisClient,
        _ kafka: KafkaConnection, _ epochs: ServedEpochs
    ) -> (ProjectionRole?, [ProjectionRunner]) {
        let metrics = ProjectionMetrics(process.metrics)
        var runners: [ProjectionRunner] = []
        var projection: ProjectionRole?
        if roles.contains(.projection), let neighbour = booking.neighbour {
            let role = ProjectionRole(
                settings, process, redis: redis, booking: neighbour, kafka: kafka, metrics: metrics,
                epochs: epochs)
            runners += role.runners
            projection = role
        }
        if let role = booking.role {
            let calendars = CalendarModel(
                applier: role.applier, checkpoints: role.checkpoints, practitionerEvents: history,
                zones: process.zones, bookings: role.pool, log: process.log)
            runners.append(
                ProjectionRunner(
                    calendars, stores: [.practitionerEvents: EventReader(history)], kafka: kafka.settings,
                    groupID: "appointments-calendars", log: process.log, metrics: metrics, clock: process.clock,
                    foreign: ForeignRecords(pool: role.pool, log: process.log)))
        }
        return (projection, runners)
    }

    private static func redis(_ settings: Settings) throws(SettingsError) -> RedisClient {
        do throws(RedisError) {
            return try RedisClient(url: settings.redis, label: "redis", connections: 2)
        } catch {
            throw SettingsError(lines: ["REDIS_URL cannot be used: \(error)"])
        }
    }

    private static func booking(
        _ settings: Settings, _ roles: Set<ServiceRole>, _ process: ProcessContext, _ neighbours: Neighbours,
        _ history: PGPool, _ patient: PatientRole?, _ pages: AvailabilityPages
    ) throws(SettingsError) -> BookingRole? {
        guard roles.contains(.booking) else { return nil }
        return BookingRole(
            settings, process,
            BookingRole.Neighbours(
                practitioners: try neighbours.practitioners(history), patients: try neighbours.patients(patient),
                hint: HintFromPages(pages: pages)))
    }
}
