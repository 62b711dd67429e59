import Domain
import EventStore
import Observability
import PatientCommands
import Postgres
import TestSupport

/// A patient database, as the application's role sees it, with the handler and the queries on it.
struct Clinic: Sendable {
    let database: TestDatabase
    /// Connects as the owner, for looking and tampering behind the scenes.
    let owner: PGPool
    /// Connects as the application's role.
    let pool: PGPool
    let handler: PatientHandler
    let queries: PatientQueries

    static let masterKey = [UInt8](repeating: 7, count: 32)

    static func with<T>(_ suite: String, _ body: (Clinic) async throws -> sending T) async throws -> sending T {
        try await TestDatabase.with(suite) { database in
            let owner = PGPool(url: database.url, label: "\(suite)-owner", sessionsMax: 2)
            try await Migrations.apply(Migrations.set, component: Migrations.component, in: owner)
            try await Migrations.apply(PatientSchema.migrations, component: PatientSchema.component, in: owner)
            try await PatientSchema.ensurePartitions(countries: [.fr], in: owner)
            let pool = PGPool(
                url: "\(database.url)&options=-c%20role%3Dappointments_app", label: "patient", sessionsMax: 12)
            let master = try FileMasterKey(contents: masterKey)
            let clinic = Clinic(database: database, owner: owner, pool: pool, master: master, seed: 1)
            do {
                let result = try await body(clinic)
                await pool.close()
                await owner.close()
                return result
            } catch {
                await pool.close()
                await owner.close()
                throw error
            }
        }
    }

    init(database: TestDatabase, owner: PGPool, pool: PGPool, master: any MasterKey, seed: UInt64, log: Log = .silent) {
        self.database = database
        self.owner = owner
        self.pool = pool
        let vault = PatientVault(masterKey: master)
        handler = PatientHandler(
            pool: pool, vault: vault, clock: FixedClock(Instant(seconds: 1_795_000_000)),
            identifiers: SeededIdentifiers(seed: seed), log: log, committed: {})
        queries = PatientQueries(pool: pool, vault: vault)
    }

    /// The same database, opened with other keys or by another process.
    func reopened(with master: any MasterKey, seed: UInt64, log: Log = .silent) -> Clinic {
        Clinic(database: database, owner: owner, pool: pool, master: master, seed: seed, log: log)
    }

    /// The first column of the only row.
    func int(_ sql: String) async throws -> Int64 {
        try await owner.query(SQLStatement(name: "test", text: sql)).int(0, 0)
    }

    func run(_ sql: String) async throws {
        try await owner.withSession { session in try await session.execute(SQLStatement(name: "test", text: sql)) }
    }
}

extension CountryCode {
    static let fr = Clinic.code("fr")
    static let de = Clinic.code("de")
}

extension Clinic {
    fileprivate static func code(_ text: String) -> CountryCode {
        guard let code = CountryCode(text) else { preconditionFailure("a country code has two letters") }
        return code
    }
}
