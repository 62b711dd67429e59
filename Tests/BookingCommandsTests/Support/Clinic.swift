import Domain
import EventStore
import Observability
import Postgres
import Synchronization
import TestSupport

@testable import BookingCommands

/// Booking as it runs: a migrated database, calendars that events made, and one or more processes that write.
///
/// Every writer has its own pool and its own cache, as processes have.
struct Clinic: Sendable {
    let database: TestDatabase
    /// The superuser's eyes and hands.
    let pool: PGPool
    let clock: SteppingClock
    let identifiers: SeededIdentifiers
    let patients = Patients()
    let pages = Pages()
    let streams = Streams()
    let country: Country
    let calendars: CalendarApplier
    let writers: [BookingWriter]
    let queries: BookingQueries
    let cold: ColdAvailability
    private let writerPools: [PGPool]

    /// Friday, nine o'clock in Paris.
    static let morning = "2026-11-20T09:00:00+01:00"

    /// Sets it up, lends it, closes and drops everything.
    static func with(
        _ suite: String, writers count: Int = 1, country: Country? = nil,
        limits: BookingWriter.Limits = BookingWriter.Limits(), _ body: (Clinic) async throws -> Void
    ) async throws {
        try await TestDatabase.with(suite) { database in
            let clinic = try await Clinic(database, writers: count, country: country, limits: limits)
            do { try await body(clinic) } catch {
                await clinic.close()
                throw error
            }
            await clinic.close()
        }
    }

    private init(
        _ database: TestDatabase, writers count: Int, country: Country?, limits: BookingWriter.Limits
    ) async throws {
        self.database = database
        self.country = try country ?? BookingCommandsTests.country()
        let pool = PGPool(url: database.url, label: "clinic", sessionsMax: 8)
        self.pool = pool
        try await Migrations.apply(Migrations.set, component: Migrations.component, in: pool)
        try await Migrations.apply(BookingSchema.migrations, component: "booking", in: pool)
        try await Partitions.ensure(countries: [self.country.code], in: pool)
        try await BookingSchema.ensurePartitions(countries: [self.country.code], in: pool)
        clock = SteppingClock(try instant(Self.morning))
        identifiers = SeededIdentifiers()
        calendars = CalendarApplier(
            pool: pool, zones: zones, history: streams, clock: clock, identifiers: identifiers, committed: {})
        writerPools = (0..<count).map { PGPool(url: database.url, label: "writer-\($0)", sessionsMax: 4) }
        let (clock, identifiers, patients, pages) = (clock, identifiers, patients, pages)
        writers = writerPools.map { pool in
            let transaction = BookingTransaction(
                pool: pool, zones: zones, cache: CalendarCache(), clock: clock, identifiers: identifiers,
                committed: {}, log: .silent)
            return BookingWriter(transaction: transaction, patients: patients, hint: pages, limits: limits)
        }
        queries = BookingQueries(pool: pool)
        cold = ColdAvailability(pool: pool, zones: zones, cache: CalendarCache())
    }

    private func close() async {
        for pool in writerPools { await pool.close() }
        await pool.close()
    }

    /// Applies the next event of a practitioner's stream, as the practitioner role does after its commit.
    @discardableResult
    func apply(_ event: PractitionerEvent) async throws -> PractitionerChange {
        let change = streams.append(event, id: EventID(from: identifiers))
        try await calendars.apply([change], to: key(event.practitionerID), trace: trace)
        return change
    }

    /// Opens a practice whose days are all alike.
    func open(
        _ id: PractitionerID, _ sessions: [String] = ["08:00-20:00"], zone: String = "Europe/Paris"
    ) async throws {
        try await apply(try registration(id, zone: zone))
        try await apply(try scheduleSet(id, try week(sessions)))
    }

    func key(_ id: PractitionerID) -> CalendarKey { CalendarKey(country: country.code, practitionerID: id) }

    var trace: Trace { Trace(correlationID: "test", traceparent: nil) }

    /// One row of one column.
    func count(_ sql: String) async throws -> Int64 {
        try await pool.query(SQLStatement(name: "count", text: sql)).int(0, 0)
    }

    func run(_ sql: String) async throws {
        try await pool.withSession { try await $0.execute(SQLStatement(name: "run", text: sql)) }
    }
}
