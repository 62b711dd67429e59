import Domain
import EventStore
import Observability
import Postgres

/// What a database needs now and then: partitions for the months ahead, and old answers forgotten.
///
/// Every process of a role does it; doing it twice changes nothing, and missing it blocks nobody.
struct Upkeep: Sendable {
    /// The databases whose roles this process has.
    let databases: [(name: String, pool: PGPool)]
    let countries: [CountryCode]
    let log: Log

    private static let interval = Duration.seconds(600)
    private static let purgeBatch = 5_000

    /// Runs until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            for database in databases { await keepUp(database.name, database.pool) }
            do { try await Task.sleep(for: Self.interval) } catch { return }
        }
    }

    private func keepUp(_ name: String, _ pool: PGPool) async {
        do {
            let made = try await Partitions.ensure(countries: countries, in: pool)
            if !made.isEmpty { log.info("partitions made", [.database: .setting(name), .count: .count(made.count)]) }
            var purged = 0
            while true {
                let count = try await IdempotencyStore.purge(in: pool, batch: Self.purgeBatch)
                purged += count
                if count < Self.purgeBatch { break }
            }
            if purged > 0 { log.info("old answers forgotten", [.database: .setting(name), .rows: .count(purged)]) }
        } catch {
            log.warning("upkeep was not done and is tried again", [.database: .setting(name), .error: .error(error)])
        }
    }
}
