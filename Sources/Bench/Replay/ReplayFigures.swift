import Domain
import EventStore
import Postgres
import ProjectionRunner
import Redis

/// What a rebuild of everything costs, beside what COPY needs to read the same rows.
struct ReplayFigures {
    let ground: BenchGround

    private static let bookings = "bench_replay_booking"
    private static let practitioners = "bench_replay_practitioner"
    /// What the fold reads, as `copy_scan.sql` has it.
    private static let columns = """
        event_number, recorded_at, event_id, stream_version, type, data_version, data, country_code, shard, \
        second_shard, key, second_key
        """

    func measure(_ figures: Set<Figure>, _ report: (FigureResult) -> Void) async throws {
        let history = LargeHistory(ground)
        let (practitioners, events) = (history.practitioners, history.bookings)
        try await load(history)
        let redis = try RedisClient(url: ground.settings.redisURL, label: "bench-replay")
        _ = try await redis.call(RedisCommand("FLUSHDB"))
        await redis.close()
        if figures.contains(.replay) {
            try await rebuilds(practitioners, events, report)
            try await RoundFigures(
                ground: ground, bookings: Self.bookings, practitioners: Self.practitioners, count: practitioners
            ).measure(report)
            try await swaps(report)
        }
        if figures.contains(.verify) {
            _ = try await fold(epoch: 1)
            try await VerifyFigures(
                ground: ground, bookings: Self.bookings, practitioners: Self.practitioners, history: history
            ) { _ = try await fold(epoch: 1) }.measure(report)
        }
    }

    private func rebuilds(
        _ practitioners: Int, _ events: Int, _ report: (FigureResult) -> Void
    ) async throws {
        var folds: [HostedFold.Outcome] = []
        var limits: [Double] = []
        for run in 1...ground.scale.runs {
            limits.append(try await copyAlone())
            folds.append(try await fold(epoch: Int64(run)))
            let last = folds[run - 1]
            guard last.isEqual else { throw WrongAnswer("what was written is not what was folded") }
            guard last.events == events + practitioners * 2 else {
                throw WrongAnswer("\(last.events) events were read")
            }
            Progress.say(
                "   run \(run): \(decimal(last.totalSeconds, digits: 2)) s, COPY alone "
                    + "\(decimal(limits[run - 1], digits: 2)) s, \(decimal(last.peakMebibytes, digits: 0)) MiB")
        }
        let total = folds.map(\.totalSeconds).median
        report(
            FigureResult(
                "rebuild of \(decimal(Double(folds[0].events), digits: 0)) events", total * 1_000, .milliseconds,
                limit: limits.median * 1_000, target: .atMost(10_000)))
        report(
            FigureResult(
                "the same, beside COPY of its rows", total * 1_000, .milliseconds, limit: limits.median * 1_000,
                target: .ratioAtMost(2)))
        report(
            FigureResult(
                "decoded and folded from the store", folds.map { Double($0.events) / $0.readSeconds }.median,
                .perSecond, limit: Double(folds[0].events) / limits.median, target: .atLeast(500_000)))
        report(
            FigureResult(
                "memory of a rebuild", folds.map(\.peakMebibytes).max() ?? 0, .mebibytes, target: .atMost(512)))
        report(
            FigureResult(
                "digest of all pages", folds.map(\.digestSeconds).median * 1_000, .milliseconds,
                target: .atMost(1_000)))
        report(
            FigureResult(
                "one practitioner put right", try await one(), .milliseconds, target: .atMost(200)))
    }

    private func swaps(_ report: (FigureResult) -> Void) async throws {
        let pool = ground.databases.pool(Self.practitioners)
        let outcome = try await SwapFigures(url: ground.databases.url(Self.practitioners), pool: pool).measure()
        await pool.close()
        let bare = outcome.bare.quantile(0.99)
        report(
            FigureResult(
                "swap of an epoch, p99", outcome.swaps.quantile(0.99), .milliseconds, limit: bare,
                target: .atMost(50)))
        report(
            FigureResult(
                "readers follow a swap, p99", outcome.following.quantile(0.99), .milliseconds, limit: bare,
                target: .atMost(50)))
    }

    private func load(_ history: LargeHistory) async throws {
        for name in [Self.bookings, Self.practitioners] {
            try await ground.databases.create(name)
            let pool = ground.databases.pool(name)
            try await Migrations.apply(Migrations.set, component: Migrations.component, in: pool)
            try await Partitions.ensure(countries: [ground.country], in: pool)
            try await Migrations.apply(ProjectionSchema.migrations, component: ProjectionSchema.component, in: pool)
            if name == Self.bookings {
                try await history.loadBookings(into: pool)
            } else {
                try await history.loadPractitioners(into: pool)
            }
            try await pool.withSession {
                try await $0.execute(SQLStatement(name: "vacuum", text: "VACUUM ANALYZE events"))
                // Else the disk is busy with what COPY wrote while the first figures are taken.
                try await $0.execute(SQLStatement(name: "checkpoint", text: "CHECKPOINT"))
            }
            await pool.close()
        }
    }

    private func fold(epoch: Int64) async throws -> HostedFold.Outcome {
        try HostedFold.outcome(
            try await ChildProgram.run(
                CommandLine.arguments[0],
                [
                    "host", "fold", ground.databases.url(Self.bookings), ground.databases.url(Self.practitioners),
                    ground.settings.redisURL, "\(epoch)",
                ], output: ground.path("logs/fold.log")))
    }

    private func one() async throws -> Double {
        let output = try await ChildProgram.run(
            CommandLine.arguments[0],
            [
                "host", "repair", ground.databases.url(Self.bookings), ground.databases.url(Self.practitioners),
                ground.settings.redisURL, "1",
            ], output: ground.path("logs/repair.log"))
        guard let milliseconds = Double(output.split(separator: "\n").last ?? "") else { throw WrongAnswer(output) }
        return milliseconds
    }

    /// The same rows out of the same tables, by two sessions of psql that throw them away; one database after the
    /// other.
    private func copyAlone() async throws -> Double {
        let begun = ContinuousClock.now
        for name in [Self.practitioners, Self.bookings] {
            let pool = ground.databases.pool(name)
            let tables = try await pool.query(
                SQLStatement(
                    name: "bench_leaves",
                    text: """
                        SELECT relid::regclass::text, pg_relation_size(relid) / 8192 FROM pg_partition_tree('events')
                        WHERE isleaf AND pg_relation_size(relid) > 0
                        """))
            await pool.close()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for half in 0..<2 {
                    group.addTask {
                        for row in 0..<tables.count {
                            let pages = tables.int(row, 1)
                            let range = [pages * Int64(half) / 2, pages * Int64(half + 1) / 2]
                            try await copy(tables.text(row, 0), range, from: name)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        return (ContinuousClock.now - begun).seconds
    }

    private func copy(_ table: String, _ pages: [Int64], from database: String) async throws {
        let query = """
            COPY (SELECT \(Self.columns) FROM ONLY \(table)
                  WHERE ctid >= '(\(pages[0]),0)' AND ctid < '(\(pages[1]),0)') TO STDOUT (FORMAT binary)
            """
        _ = try await ChildProgram.run(
            "/bin/sh", ["-c", "psql -qX \"$0\" -c \"$1\" > /dev/null", ground.databases.url(database), query],
            output: ground.path("logs/copy.log"))
    }
}
