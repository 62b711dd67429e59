import Domain
import EventStore
import Observability
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import appointments

@Suite("Upkeep: partitions are there before their month")
struct UpkeepTests {
    /// Keeps a database up in short rounds while `body` runs.
    private func keepingUp(
        _ body: (PGPool, SteppingClock, Metrics, LogLines) async throws -> Void
    ) async throws {
        try await TestDatabase.with("upkeep") { database in
            let pool = PGPool(url: database.url, label: "upkeep", sessionsMax: 3)
            try await Migrations.apply(Migrations.set, component: Migrations.component, in: pool)
            let now = try await int(pool, "SELECT (extract(epoch FROM now()) * 1000000)::bigint")
            let clock = SteppingClock(Instant(microseconds: now))
            let metrics = Metrics()
            let written = LogLines()
            var upkeep = Upkeep(
                databases: [("booking", pool)], countries: [france], clock: clock, log: written.log, metrics: metrics)
            upkeep.interval = .milliseconds(50)
            let work = Task { [upkeep] in await upkeep.run() }
            do {
                try await body(pool, clock, metrics, written)
                work.cancel()
                await work.value
                await pool.close()
            } catch {
                work.cancel()
                await work.value
                await pool.close()
                throw error
            }
        }
    }

    private var france: CountryCode { CountryCode("fr") ?? { preconditionFailure("fr is a country code") }() }

    private func int(_ pool: PGPool, _ sql: String) async throws -> Int64 {
        try await pool.query(SQLStatement(name: "test", text: sql)).int(0, 0)
    }

    private static func rendered(_ metrics: Metrics) -> String { String(decoding: metrics.render(), as: UTF8.self) }

    /// Whether the table of the month that is so many months ahead is there.
    private func hasMonth(_ ahead: Int, _ pool: PGPool) async throws -> Bool {
        try await int(
            pool,
            """
            SELECT count(*) FROM pg_class
            WHERE relname = to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + interval '\(ahead) months',
                                    '"events_fr_"YYYY_MM')
            """) == 1
    }

    @Test("when the clock moves on by a month, the month that is now four ahead is made")
    func followsTheClock() async throws {
        try await keepingUp { pool, clock, metrics, _ in
            try await eventually("the months ahead are made") { try await hasMonth(3, pool) }
            #expect(try await !hasMonth(4, pool))
            clock.advance(seconds: 31 * 86_400)
            try await eventually("the next month is made, too") { try await hasMonth(4, pool) }
            #expect(Self.rendered(metrics).contains(#"partitions_missing{database="booking"} 0"#))
        }
    }

    @Test("a table that DEFAULT stands in for is counted, and named once")
    func namesWhatIsMissing() async throws {
        try await keepingUp { pool, clock, metrics, lines in
            try await eventually("the months ahead are made") { try await hasMonth(3, pool) }
            let columns = "country_code, stream, version"
            try await pool.withSession { session in
                try await session.execute(
                    SQLStatement(
                        name: "spill",
                        text: """
                            DROP TABLE stream_heads_fr;
                            INSERT INTO stream_heads (\(columns)) VALUES ('fr', 'booking-1', 1)
                            """))
            }
            try await eventually("the missing table is counted") {
                Self.rendered(metrics).contains(#"partitions_missing{database="booking"} 1"#)
            }
            clock.advance(seconds: 31 * 86_400)
            try await eventually("another round went by") { try await hasMonth(4, pool) }
            #expect(lines.text.split(separator: "\n").filter { $0.contains("stream_heads_fr") }.count == 1)
        }
    }
}

/// The lines of a log, as text.
private final class LogLines: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
    var log: Log {
        Log(minimum: .debug, format: .json, clock: { 0 }) { [self] line in bytes.withLock { $0 += line } }
    }
}
