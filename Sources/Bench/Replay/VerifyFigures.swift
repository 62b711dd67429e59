import AvailabilityProjection
import Domain
import EventStore
import Foundation
import Postgres
import ProjectionRunner
import Redis
import SearchProjection

/// What `replay verify models` costs after a minute's worth of bookings, beside reading the same pages and documents
/// and throwing them away.
struct VerifyFigures {
    /// 90 a second for a minute.
    private static let newEvents = 5_400

    let ground: BenchGround
    /// Databases with a long history.
    let bookings: String
    let practitioners: String
    let history: LargeHistory
    /// Builds the pages of epoch 1 anew.
    let buildPages: () async throws -> Void

    func measure(_ report: (FigureResult) -> Void) async throws {
        let built = try await buildDocuments()
        report(
            FigureResult("documents of search built anew", Double(built.documents) / built.seconds, .perSecond))
        report(
            FigureResult("memory of building them", built.peakMebibytes, .mebibytes, target: .atMost(512)))
        let full = try await verify("--full")
        guard full.words.contains("\"kind\":\"full\"") else { throw WrongAnswer(full.words) }
        try await happen(ground.scale.count(Self.newEvents))
        let memory = URL(fileURLWithPath: folder + "/models-verified/fold.bin")
        let kept = try Data(contentsOf: memory)
        var (quick, limits): ([Double], [Double]) = ([], [])
        for run in 1...ground.scale.runs {
            try kept.write(to: memory)  // else the next run would have nothing new to read
            limits.append(try await readAlone())
            let verified = try await verify()
            guard verified.words.contains("\"kind\":\"quick\"") else { throw WrongAnswer(verified.words) }
            quick.append(verified.milliseconds)
            Progress.say(
                "   verify \(run): \(decimal(quick[run - 1], digits: 0)) ms, reading alone "
                    + "\(decimal(limits[run - 1], digits: 0)) ms, " + verified.words)
        }
        report(
            FigureResult(
                "verify models", quick.median, .milliseconds, limit: limits.median, target: .atMost(1_000)))
        report(FigureResult("verify models --full", full.milliseconds, .milliseconds))
        report(
            FigureResult("what verify models remembers", Double(kept.count) / 1_048_576, .mebibytes, target: .none))
    }

    private var folder: String { ground.path("verify") }

    // MARK: the models

    private func buildDocuments() async throws -> HostedDocuments.Outcome {
        let pool = ground.databases.pool(practitioners)
        try await Migrations.apply(SearchSchema.migrations, component: SearchSchema.component, in: pool)
        let output = try await ChildProgram.run(
            CommandLine.arguments[0],
            [
                "host", "documents", ground.databases.url(practitioners), ground.databases.url(bookings),
                ground.settings.redisURL,
            ], output: ground.path("logs/documents.log"))
        let built = try HostedDocuments.outcome(output)
        guard built.documents == history.practitioners else { throw WrongAnswer(output) }
        try await pool.withSession {
            try await $0.execute(SQLStatement(name: "vacuum", text: "VACUUM ANALYZE search_documents"))
        }
        await pool.close()
        return built
    }

    private struct Change {
        let id: PractitionerID
        let change: SlotChange
    }

    /// So many events happen, and both models take them in.
    private func happen(_ count: Int) async throws {
        let pool = ground.databases.pool(bookings)
        let events = try await history.loadMore(count, into: pool)
        await pool.close()
        try await buildPages()
        let changes = events.flatMap { event in
            event.keys.flatMap { id in event.slotChanges(of: id).map { Change(id: id, change: $0) } }
        }
        let update = SQLStatement(
            name: "take_slots",
            text: """
                UPDATE search_documents AS d
                SET free = set_bit(d.free, (n.day - d.first_date) * 24 + n.slot, n.bit)
                FROM unnest($1::uuid[], $2::date[], $3::int[], $4::int[]) AS n (id, day, slot, bit)
                WHERE d.country_code = 'fr' AND d.epoch = 1 AND d.practitioner_id = n.id
                """)
        var turns: [[Change]] = []  // a statement changes a row once
        var counts: [PractitionerID: Int] = [:]
        for change in changes {
            let turn = counts[change.id, default: 0]
            counts[change.id] = turn + 1
            if turn == turns.count { turns.append([]) }
            turns[turn].append(change)
        }
        let documents = ground.databases.pool(practitioners)
        for some in turns {
            _ = try await documents.query(
                update,
                [
                    .uuidArray(some.map { PGUUID(high: $0.id.high, low: $0.id.low) }),
                    .dateArray(some.map(\.change.date.days)),
                    .int4Array(some.map { Int32($0.change.slots.first ?? 0) }),
                    .int4Array(some.map { $0.change.isTaken ? 0 : 1 }),
                ])
        }
        await documents.close()
    }

    // MARK: measuring

    private func verify(_ options: String...) async throws -> (milliseconds: Double, words: String) {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let countries = """
            [{"code": "fr", "languages": ["fr"], "timeZone": "Europe/Paris", "weekStart": "monday", "slotMinutes": 30,
              "dayStart": "08:00", "bookingHorizonDays": 90, "minimumNoticeMinutes": 0}]
            """
        try Data(countries.utf8).write(to: URL(fileURLWithPath: folder + "/countries.json"))
        let environment = [
            "BOOKING_DATABASE_URL": ground.databases.url(bookings),
            "PRACTITIONER_DATABASE_URL": ground.databases.url(practitioners),
            "PATIENT_DATABASE_URL": ground.databases.url(bookings), "REDIS_URL": ground.settings.redisURL,
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "COUNTRIES": folder + "/countries.json", "STATE_DIR": folder,
        ]
        let begun = ContinuousClock.now
        let output = try await ChildProgram.run(
            ground.settings.replay, ["verify", "models", "--json"] + options, environment: environment,
            output: ground.path("logs/verify.log"))
        let milliseconds = (ContinuousClock.now - begun).seconds * 1_000
        return (milliseconds, output.split(separator: "\n").last.map(String.init) ?? "")
    }

    /// All pages and all documents, read at the same time by as many sessions, and thrown away.
    private func readAlone() async throws -> Double {
        let pool = ground.databases.pool(practitioners, sessionsMax: 2)
        let redis = try RedisClient(url: ground.settings.redisURL, label: "bench-verify")
        let begun = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = try await SearchContent(pool: pool).documentsInBrief(of: Shard.all, to: [{ _ in }, { _ in }])
            }
            let content = AvailabilityContent(redis: redis)
            for partition in Shard.all {
                group.addTask {
                    for extent in try await content.standing(of: partition)?.extents ?? [] {
                        let days = (extent.days.lowerBound.days...extent.days.upperBound.days)
                            .map { LocalDate(days: $0) }
                        for index in 0..<extent.buckets {
                            _ = try await content.pages(of: BucketID(extent.country, partition, index: index), days)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let milliseconds = (ContinuousClock.now - begun).seconds * 1_000
        await pool.close()
        await redis.close()
        return milliseconds
    }
}
