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
    let clock: any WallClock
    let log: Log
    /// Tables that are missing, by database: their rows go to DEFAULT.
    let missing: InstrumentFamily<Gauge>
    /// How long it rests between two rounds.
    var interval = Duration.seconds(600)

    private static let purgeBatch = 5_000

    init(
        databases: [(name: String, pool: PGPool)], countries: [CountryCode], clock: any WallClock, log: Log,
        metrics: Metrics
    ) {
        self.databases = databases
        self.countries = countries
        self.clock = clock
        self.log = log
        missing = metrics.gauges(
            "partitions_missing", "Tables of countries and months whose rows go to DEFAULT; the log names them.",
            labels: ["database"])
    }

    /// Runs until the task is cancelled.
    func run() async {
        var told: Set<String> = []
        while !Task.isCancelled {
            for database in databases { await keepUp(database.name, database.pool, &told) }
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }

    private func keepUp(_ name: String, _ pool: PGPool, _ told: inout Set<String>) async {
        do {
            try await makePartitions(name, pool, &told)
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

    /// A table that DEFAULT stands in for is named once: nothing will change that but an operator.
    private func makePartitions(_ name: String, _ pool: PGPool, _ told: inout Set<String>) async throws {
        let result = try await Partitions.ensure(countries: countries, today: clock.now(), in: pool)
        if !result.made.isEmpty {
            log.info("partitions made", [.database: .setting(name), .count: .count(result.made.count)])
        }
        if !result.busy.isEmpty {
            log.info(
                "partitions are made later: in use", [.database: .setting(name), .count: .count(result.busy.count)])
        }
        for table in result.inDefault where told.insert("\(name) \(table)").inserted {
            log.warning(
                "a partition is not made: its rows are in DEFAULT already",
                [.database: .setting(name), .table: .setting(table)])
        }
        missing.with(name).set(result.busy.count + result.inDefault.count)
    }
}
