import Domain
import EventStore
import Foundation
import Observability
import Postgres
import PractitionerCommands
import Synchronization
import TestSupport

/// A practitioner database, as the application's role sees it, and the handler on it.
struct Practice: Sendable {
    let database: TestDatabase
    /// Connects as the owner, for looking behind the scenes.
    let owner: PGPool
    /// Connects as the application's role.
    let pool: PGPool
    let calendar: RecordingCalendar
    let clock = FixedClock(Instant(seconds: 1_795_000_000))  // 2026-11-18, a Wednesday
    let handler: PractitionerHandler
    let commits = Commits()

    /// Counts how often the relayer would have been woken.
    final class Commits: Sendable {
        private let counted = Mutex(0)
        var count: Int { counted.withLock { $0 } }
        func add() { counted.withLock { $0 += 1 } }
    }

    static let france = Country(code: .fr, languages: ["fr"], timeZone: "Europe/Paris")
    static let zones = ZoneDatabase(version: "2026a-test") { zone in
        Array(try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(zone)")))
    }

    static func with<T>(_ suite: String, _ body: (Practice) async throws -> sending T) async throws -> sending T {
        try await TestDatabase.with(suite) { database in
            let owner = PGPool(url: database.url, label: "\(suite)-owner", sessionsMax: 2)
            try await Migrations.apply(Migrations.set, component: Migrations.component, in: owner)
            try await Migrations.apply(
                PractitionerSchema.migrations, component: PractitionerSchema.component, in: owner)
            try await PractitionerSchema.ensurePartitions(countries: [.fr], in: owner)
            let practice = Practice(database, owner)
            do {
                let result = try await body(practice)
                await practice.pool.close()
                await owner.close()
                return result
            } catch {
                await practice.pool.close()
                await owner.close()
                throw error
            }
        }
    }

    private init(_ database: TestDatabase, _ owner: PGPool) {
        self.database = database
        self.owner = owner
        pool = Self.applicationPool(database)
        calendar = RecordingCalendar(stream: PractitionerStream(pool: pool))
        handler = Self.handler(pool, calendar, clock, seed: 1, commits)
    }

    /// A handler as another process would have it: sessions and identifiers of its own, the same booking.
    func anotherProcess(seed: UInt64) -> (handler: PractitionerHandler, pool: PGPool) {
        let pool = Self.applicationPool(database)
        return (Self.handler(pool, calendar, clock, seed: seed, commits), pool)
    }

    private static func applicationPool(_ database: TestDatabase) -> PGPool {
        PGPool(url: "\(database.url)&options=-c%20role%3Dappointments_app", label: "practitioner", sessionsMax: 12)
    }

    private static func handler(
        _ pool: PGPool, _ calendar: RecordingCalendar, _ clock: any WallClock, seed: UInt64, _ commits: Commits
    ) -> PractitionerHandler {
        PractitionerHandler(
            pool: pool, zones: zones, calendar: calendar, clock: clock, identifiers: SeededIdentifiers(seed: seed),
            log: .silent, committed: { commits.add() })
    }

    /// The first column of the only row.
    func int(_ sql: String) async throws -> Int64 {
        try await owner.query(SQLStatement(name: "test", text: sql)).int(0, 0)
    }
}

extension CountryCode {
    static let fr = Practice.code("fr")
}

extension Practice {
    fileprivate static func code(_ text: String) -> CountryCode {
        guard let code = CountryCode(text) else { preconditionFailure("a country code has two letters") }
        return code
    }
}
