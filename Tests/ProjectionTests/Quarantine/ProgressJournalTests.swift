import Domain
import EventStore
import Postgres
import TestSupport
import Testing

@testable import ProjectionRunner

/// What the pages showed at a moment, as far as it can be known.
@Suite("what the pages showed is recorded") struct ProgressJournalTests {
    private static let shard = Shard(2)
    private static let start = Instant(seconds: 1_795_154_400)

    private static func at(_ seconds: Int64) -> Instant { start.adding(seconds: seconds) }

    private static func checkpoint(_ bookings: Int64, _ practitioners: Int64) -> ProjectionCheckpoint {
        ProjectionCheckpoint(positions: [
            TopicPosition(topic: .bookingEvents, sequence: bookings),
            TopicPosition(topic: .practitionerEvents, sequence: practitioners),
        ])
    }

    private static func with(_ body: (PGPool) async throws -> Void) async throws {
        try await TestDatabase.with("progress") { database in
            let pool = PGPool(url: database.url, label: "progress", sessionsMax: 4)
            do {
                try await Migrations.apply(Migrations.set, component: Migrations.component, in: pool)
                try await Migrations.apply(
                    ProjectionSchema.migrations, component: ProjectionSchema.component, in: pool)
                try await body(pool)
                await pool.close()
            } catch {
                await pool.close()
                throw error
            }
        }
    }

    private static func rows(_ pool: PGPool) async throws -> Int64 {
        try await pool.query(SQLStatement(name: "count", text: "SELECT count(*) FROM projection_progress")).int(0, 0)
    }

    @Test("each moment has its positions, and a batch under way is a range")
    func answersMoments() async throws {
        try await Self.with { pool in
            let clock = SteppingClock(Self.start)
            let journal = ProgressJournal(pool: pool, clock: clock)
            journal.begin("availability", epoch: 1, Self.shard, at: Self.checkpoint(5, 3), isExact: true)
            clock.advance(seconds: 12)
            journal.note("availability", epoch: 1, Self.shard, Self.checkpoint(7, 3), since: Self.at(10))
            clock.advance(seconds: 8)
            journal.flush("availability", epoch: 1, Self.shard, hasAll: true)
            try await eventually("the row is there") { try await Self.rows(pool) == 1 }
            clock.advance(seconds: 10)
            journal.note("availability", epoch: 1, Self.shard, Self.checkpoint(8, 4), since: Self.at(29))
            await journal.end("availability", epoch: 1, Self.shard)

            let log = ProjectionProgressLog(pool)
            let rows: [(second: Int64, bookings: Int64, exactness: ShownPositions.Exactness)] = [
                (0, 5, .exact), (9, 5, .exact), (11, 5, .between(upToBookings: 7, upToPractitioners: 3)),
                (12, 7, .exact), (25, 7, .exact), (29, 7, .between(upToBookings: 8, upToPractitioners: 4)),
                (30, 8, .exact), (31, 8, .atLeast),
            ]
            for row in rows {
                let shown = try await log.positions(
                    model: "availability", partition: Self.shard, at: Self.at(row.second))
                #expect(shown?.bookings == row.bookings, "at \(row.second)")
                #expect(shown?.exactness == row.exactness, "at \(row.second)")
                #expect(shown?.epoch == 1)
            }
            #expect(try await log.positions(model: "availability", partition: Self.shard, at: Self.at(-1)) == nil)
            #expect(try await log.positions(model: "availability", partition: Shard(0), at: Self.at(5)) == nil)
            let later = try await log.positions(
                model: "availability", partition: Self.shard, at: Self.at(99), present: (1, Self.checkpoint(8, 4)))
            #expect(later?.exactness == .exact, "nothing happened since, as the positions are the same")
        }
    }

    @Test("nothing is written where nothing was applied")
    func idleWritesNothing() async throws {
        try await Self.with { pool in
            let clock = SteppingClock(Self.start)
            let journal = ProgressJournal(pool: pool, clock: clock)
            journal.begin("availability", epoch: 1, Self.shard, at: Self.checkpoint(5, 3), isExact: true)
            for _ in 0..<3 {
                clock.advance(seconds: 1)
                journal.flush("availability", epoch: 1, Self.shard, hasAll: true)
            }
            journal.note("availability", epoch: 1, Self.shard, Self.checkpoint(6, 3), since: clock.now())
            await journal.end("availability", epoch: 1, Self.shard)
            let rows = try await Self.rows(pool)
            #expect(rows == 1)
        }
    }

    /// A process is killed between a batch and its tick: two rows lie around a gap.
    @Test("the second of a kill is a range, unless nothing changed in it")
    func aKillLeavesARange() async throws {
        try await Self.with { pool in
            let clock = SteppingClock(Self.start)
            let killed = ProgressJournal(pool: pool, clock: clock)
            killed.begin("availability", epoch: 1, Self.shard, at: Self.checkpoint(5, 3), isExact: true)
            clock.advance(seconds: 1)
            killed.note("availability", epoch: 1, Self.shard, Self.checkpoint(6, 3), since: Self.at(1))
            killed.flush("availability", epoch: 1, Self.shard, hasAll: true)
            try await eventually("the row is there") { try await Self.rows(pool) == 1 }
            clock.advance(seconds: 1)
            killed.note("availability", epoch: 1, Self.shard, Self.checkpoint(7, 3), since: Self.at(2))

            clock.advance(seconds: 8)
            let next = ProgressJournal(pool: pool, clock: clock)
            next.begin("availability", epoch: 1, Self.shard, at: Self.checkpoint(7, 3), isExact: false)
            clock.advance(seconds: 5)
            next.note("availability", epoch: 1, Self.shard, Self.checkpoint(9, 3), since: Self.at(14))
            await next.end("availability", epoch: 1, Self.shard)

            let log = ProjectionProgressLog(pool)
            func shown(_ second: Int64) async throws -> ShownPositions? {
                try await log.positions(model: "availability", partition: Self.shard, at: Self.at(second))
            }
            let gap = try await shown(3)
            #expect(gap?.bookings == 6)
            #expect(
                gap?.exactness == .between(upToBookings: 9, upToPractitioners: 3), "a batch may have been half done")
            #expect(try await shown(12)?.exactness == .between(upToBookings: 9, upToPractitioners: 3))
            #expect(try await shown(15)?.exactness == .exact)
        }
    }

    @Test("whoever ends waits for somebody else who is writing, and for what comes after that")
    func endsWithEverythingWritten() async throws {
        try await Self.with { pool in
            let clock = SteppingClock(Self.start)
            let journal = ProgressJournal(pool: pool, clock: clock)
            journal.begin("availability", epoch: 1, Self.shard, at: Self.checkpoint(0, 0), isExact: true)
            clock.advance(seconds: 1)
            journal.note("availability", epoch: 1, Self.shard, Self.checkpoint(1, 0), since: clock.now())
            let ending = try await pool.transaction { session in
                try await session.execute(
                    SQLStatement(name: "hold", text: "LOCK TABLE projection_progress IN ACCESS EXCLUSIVE MODE"))
                journal.flush("availability", epoch: 1, Self.shard, hasAll: true)
                clock.advance(seconds: 1)
                journal.note("availability", epoch: 1, Self.shard, Self.checkpoint(2, 0), since: clock.now())
                return Task { await journal.end("availability", epoch: 1, Self.shard) }
            }
            await ending.value
            #expect(try await Self.rows(pool) == 2)
        }
    }

    @Test("while the database is away rows wait, and come when it is back")
    func waitsForTheDatabase() async throws {
        try await Self.with { pool in
            let clock = SteppingClock(Self.start)
            let journal = ProgressJournal(pool: pool, clock: clock)
            func hide(_ name: String, _ other: String) async throws {
                try await pool.withSession {
                    try await $0.execute(SQLStatement(name: "hide", text: "ALTER TABLE \(name) RENAME TO \(other)"))
                }
            }
            try await hide("projection_progress", "away")
            journal.begin("availability", epoch: 1, Self.shard, at: Self.checkpoint(0, 0), isExact: true)
            for position in 1...3 {
                clock.advance(seconds: 1)
                journal.note(
                    "availability", epoch: 1, Self.shard, Self.checkpoint(Int64(position), 0), since: clock.now())
                journal.flush("availability", epoch: 1, Self.shard, hasAll: true)
            }
            try await hide("away", "projection_progress")
            try await eventually("all of them are there") {
                journal.flush("availability", epoch: 1, Self.shard, hasAll: true)
                return try await Self.rows(pool) == 3
            }
        }
    }
}
