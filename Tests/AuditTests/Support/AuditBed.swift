import Audit
import AvailabilityProjection
import Configuration
import Domain
import EventStore
import Kafka
import Observability
import Postgres
import ProjectionRunner
import TestSupport

/// Three databases with everything that auditors ask, the desk that answers them, and one practitioner's clinic.
struct AuditBed: Sendable {
    let booking: PGPool
    let practitioner: PGPool
    let patient: PGPool
    let reader: AuditReader
    let identifiers = SeededIdentifiers(seed: 3)
    let clock: any WallClock = SystemClock()
    let zones: ZoneDatabase
    /// Of the three databases, booking first.
    let urls: [String]

    static let france = Country(code: .fr, languages: ["fr"], timeZone: "Europe/Paris")
    static let auditor = AuditAsker(
        actor: OperationActor(role: "auditor", subject: "auditor-1"), country: .fr, correlationID: "request-1")

    static func with(_ body: (AuditBed) async throws -> Void) async throws {
        try await TestDatabase.with("audit_b") { booking in
            try await TestDatabase.with("audit_p") { practitioner in
                try await TestDatabase.with("audit_t") { patient in
                    let bed = try AuditBed([booking.url, practitioner.url, patient.url])
                    do {
                        for pool in bed.pools {
                            try await Migrations.apply(Migrations.set, component: Migrations.component, in: pool)
                        }
                        try await Migrations.apply(
                            ProjectionSchema.migrations, component: ProjectionSchema.component, in: bed.practitioner)
                        try await body(bed)
                    } catch {
                        for pool in bed.pools { await pool.close() }
                        throw error
                    }
                    for pool in bed.pools { await pool.close() }
                }
            }
        }
    }

    private init(_ urls: [String]) throws {
        self.urls = urls
        zones = try SystemZones.database()
        booking = PGPool(url: urls[0], label: "booking", sessionsMax: 6)
        practitioner = PGPool(url: urls[1], label: "practitioner", sessionsMax: 6)
        patient = PGPool(url: urls[2], label: "patient", sessionsMax: 6)
        reader = AuditReader(booking: booking, practitioner: practitioner, patient: patient)
    }

    var pools: [PGPool] { [booking, practitioner, patient] }

    /// The desk as a process has it.
    func desk(
        asking practitioner: PGPool? = nil, recordingTo pool: PGPool? = nil, seals: AuditSeals? = nil,
        present: @escaping AvailabilityHistory.Present = { _ in nil }
    ) -> AuditDesk {
        let practitioner = practitioner ?? self.practitioner
        return AuditDesk(
            reader: reader,
            availability: AvailabilityHistory(
                reader: reader, progress: ProjectionProgressLog(practitioner),
                quarantine: QuarantineHistory(practitioner), present: present, zones: zones,
                countries: [.fr: Self.france]),
            seals: seals,
            operations: OperationsLog(booking: pool ?? booking, identifiers: identifiers, clock: clock),
            identifiers: identifiers, zones: zones, clock: MinuteAhead())
    }

    func append(_ event: EventToAppend, to pool: PGPool) async throws {
        let append = EventAppend([event])
        let results = try await pool.pipeline([PGStep(.begin)] + append.steps + [PGStep(.commit)])
        _ = try append.verify(results.dropFirst().dropLast())
    }

    /// Gives positions to everything that waits.
    func stamp() async throws {
        let figures = RelayMetrics(Metrics())
        for (url, pool) in zip(urls, pools) {
            let owner = "one-\(EventID(from: identifiers).description.suffix(12))"
            let relayer = Relayer(
                RelayerSettings(databaseURL: url, role: "booking", topic: nil, owner: owner) {
                    KafkaSettings(bootstrapServers: "127.0.0.1:1")
                }, metrics: figures, log: .silent)
            await relayer.start()
            do {
                try await eventually("all is stamped") { try await self.int("SELECT count(*) FROM outbox", pool) == 0 }
            } catch {
                await relayer.stop()
                throw error
            }
            await relayer.stop()
        }
    }

    func int(_ sql: String, _ pool: PGPool) async throws -> Int64 {
        try await pool.query(SQLStatement(name: "test", text: sql)).int(0, 0)
    }

    /// Lends the practitioner database as a role that may only read it.
    func asReader<T: Sendable>(_ body: (PGPool) async throws -> T) async throws -> T {
        let pool = PGPool(url: urls[1] + "&options=-c%20role%3Devent_reader", label: "reader", sessionsMax: 1)
        do {
            let result = try await body(pool)
            await pool.close()
            return result
        } catch {
            await pool.close()
            throw error
        }
    }

    func run(_ sql: String, _ pool: PGPool) async throws {
        try await pool.withSession { try await $0.execute(SQLStatement(name: "test", text: sql)) }
    }

    /// What was recorded of auditors' questions, in order.
    func questions() async throws -> [OperationRecorded] {
        let rows = try await pool(
            "SELECT data FROM events WHERE type = 'OperationRecorded' ORDER BY event_number")
        return try (0..<rows.count).map { try EventCodec.operation(OperationRecorded.wireType, rows.bytes($0, 0)) }
    }

    private func pool(_ sql: String) async throws -> PGRows {
        try await booking.query(SQLStatement(name: "test", text: sql))
    }
}

extension CountryCode {
    static let fr = spelled("fr")
    static let de = spelled("de")

    private static func spelled(_ text: String) -> CountryCode {
        guard let code = CountryCode(text) else { preconditionFailure("\(text) is no country code") }
        return code
    }
}

/// The desk of these tests is a minute ahead, so that moments after the last row are askable without waiting for them.
struct MinuteAhead: WallClock {
    func now() -> Instant { SystemClock().now().adding(seconds: 60) }
}
