import Crypto
import Domain
import EventStore
import Foundation
import Observability
import Postgres

/// A database with very many events that have positions and are under signed heads, as after years.
struct SealedHistory: Sendable {
    private static let practitioners = 2_000
    private static let generatedAtOnce: Int64 = 500_000
    private static let eventsPerStamp: Int64 = 500

    let server: DatabaseServer
    let database: String
    let eventCount: Int64
    let key: Ed25519PrivateKey
    let headsFolder: String

    var log: FileHeadLog { FileHeadLog(folder: headsFolder, clock: MachineClock()) }

    func pool(_ sessionsMax: Int) -> PGPool { server.pool(database, sessionsMax: sessionsMax) }

    /// The id of the event of that number, from 1.
    static func event(_ number: Int64) -> EventID {
        EventID(high: 0x018f_0000_0000_7001, low: 0x8000_0000_0000_0000 | UInt64(number))
    }

    /// The booking of that number, from 0; every fourth has two events.
    static func booking(_ number: Int64) -> BookingID {
        BookingID(high: 0x018f_0000_0000_7000, low: 0x8000_0000_0000_0000 | UInt64(number))
    }

    /// Makes the database anew: the events by SQL, their tree and heads by the real sealer.
    static func make(_ name: String, _ events: Int, isSealed: Bool, _ ground: BenchGround) async throws -> SealedHistory
    {
        let folder = ground.path("heads-\(name)")
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let history = SealedHistory(
            server: ground.databases, database: "bench_\(name)", eventCount: Int64(max(events / 5 * 5, 5)),
            key: try Ed25519PrivateKey(), headsFolder: folder)
        try await history.server.create(history.database)
        let pool = history.pool(1)
        try await Migrations.apply(Migrations.set, component: Migrations.component, in: pool)
        try await Partitions.ensure(countries: [ground.country], in: pool)
        try await history.generate(pool)
        await pool.close()
        if isSealed { try await history.seal() }
        return history
    }

    private func run(_ text: String, _ session: PGSession) async throws {
        try await session.execute(SQLStatement(name: "bench", text: text))
    }

    private func generate(_ pool: PGPool) async throws {
        try await pool.withSession { session in
            try await addPractitioners(session)
            let indexes = try await dropIndexes(session)
            let now = MachineClock().now().microseconds
            for first in stride(from: Int64(1), through: eventCount, by: Int64.Stride(Self.generatedAtOnce)) {
                let last = min(first + Self.generatedAtOnce - 1, eventCount)
                _ = try await session.query(
                    SQL.generateEvents, [.int(first), .int(last), .timestamp(now - eventCount * 1_000)])
                _ = try await session.query(
                    SQL.generateStamps, [.int(first), .int(last), .int(Self.eventsPerStamp)])
                Progress.say("   \(last) events")
            }
            try await run("SET maintenance_work_mem = '512MB'", session)
            for index in indexes { try await run(index, session) }
            try await run(
                """
                INSERT INTO stream_heads SELECT country_code, stream, max(stream_version) FROM events GROUP BY 1, 2;
                SELECT setval('event_numbers', \(eventCount));
                """, session)
            try await run("VACUUM ANALYZE", session)
        }
    }

    private func addPractitioners(_ session: PGSession) async throws {
        try await run("CREATE TABLE bench_practitioners (number int PRIMARY KEY, id uuid, shard smallint)", session)
        let ids = (0..<Self.practitioners).map { BookingHistory.practitioner($0) }
        _ = try await session.query(
            SQLStatement(
                name: "bench_practitioners",
                text: """
                    INSERT INTO bench_practitioners
                    SELECT place - 1, id, shard
                    FROM unnest($1::uuid[], $2::smallint[]) WITH ORDINALITY AS given (id, shard, place)
                    """),
            [
                .uuidArray(ids.map { PGUUID(high: $0.high, low: $0.low) }),
                .int2Array(ids.map { Int16(RecordKey($0).shard.number) }),
            ])
    }

    /// Indexes are quicker made at the end; the primary key stays, as numbers come in order.
    private func dropIndexes(_ session: PGSession) async throws -> [String] {
        let rows = try await session.query(
            SQLStatement(
                name: "bench_indexes",
                text: """
                    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
                    FROM pg_index i
                    WHERE i.indrelid = 'events'::regclass AND NOT i.indisprimary
                    """))
        let indexes = (0..<rows.count).map { (name: rows.text($0, 0), definition: rows.text($0, 1)) }
        for index in indexes { try await run("DROP INDEX \(index.name)", session) }
        return indexes.map { $0.definition.replacing(" ON ONLY ", with: " ON ") }
    }

    private func seal() async throws {
        let log = log
        let sealer = try Sealer(
            SealerSettings(databaseURL: server.url(database), database: "booking"), key: key, heads: log,
            shards: { Shard.sealed }, clock: MachineClock(), metrics: SealMetrics(Metrics()), log: .silent)
        let begin = ContinuousClock.now
        await sealer.start()
        _ = try await eventually("everything is sealed", within: .seconds(1_200), every: .milliseconds(200)) {
            let sizes = try await log.latest().values.map { try Checkpoint(text: $0.text).size }
            return sizes.reduce(0, +) == eventCount ? true : nil
        }
        Progress.say("   \(eventCount) events sealed in \((ContinuousClock.now - begin).formatted)")
        await sealer.stop()
    }
}
