import AvailabilityProjection
import Domain
import EventStore
import Kafka
import Postgres
import ProjectionRunner

/// From Kafka into Redis' pages as fast as it goes, and what the pages of a whole country cost.
struct ProjectionFigures {
    let ground: BenchGround

    func measure(_ report: (FigureResult) -> Void) async throws {
        try await throughput(report)
        try await memory(report)
    }

    /// What one measurement stands on: two stores, a broker, and the model's process between runs.
    private struct Bed: Sendable {
        let cluster: KafkaCluster
        let bookings: RelayedStore
        let practitioners: RelayedStore
        let admin: KafkaAdmin
        let pages: PageInspector

        func model(_ ground: BenchGround) -> ProjectedModel {
            ProjectedModel(
                bookings: bookings.url, practitioners: practitioners.url, redis: ground.settings.redisURL,
                kafka: cluster.bootstrap)
        }

        func start(_ ground: BenchGround) throws -> ChildProgram {
            try ChildProgram(
                CommandLine.arguments[0],
                ["host", "projection", bookings.url, practitioners.url, ground.settings.redisURL, cluster.bootstrap],
                output: ground.path("logs/projection.log"))
        }

        func close() async {
            await pages.close()
            await cluster.close()
        }
    }

    private func freshBed() async throws -> Bed {
        let cluster = try await KafkaCluster.fresh(ground.settings)
        let pages = try PageInspector(url: ground.settings.redisURL)
        try await pages.clear()
        let practitioners = try await RelayedStore.fresh(.practitioner, ground)
        let pool = practitioners.server.pool(practitioners.database)
        try await Migrations.apply(ProjectionSchema.migrations, component: ProjectionSchema.component, in: pool)
        await pool.close()
        return Bed(
            cluster: cluster, bookings: try await RelayedStore.fresh(.booking, ground), practitioners: practitioners,
            admin: try KafkaAdmin(cluster.settings, clientID: "bench"), pages: pages)
    }

    private func throughput(_ report: (FigureResult) -> Void) async throws {
        let count = min(ground.scale.count(500_000), BookingHistory.slotCount)
        let bed = try await freshBed()
        try await register(BookingHistory.practitionerCount, bed)
        let first = try bed.start(ground)
        try await waitFor(.practitionerEvents, BookingHistory.practitionerCount * 2, bed)
        await first.stop()
        try await bed.pages.save()
        try await relay(bed.bookings, count, bed) { session in
            try await bed.bookings.append(bookings: count, from: ground.history, in: session)
        }
        var rates: [Double] = []
        var limits: [Double] = []
        for run in 1...ground.scale.runs {
            rates.append(try await consume(count, bed))
            limits.append(try await limit(count, bed))
            Progress.say(
                "   run \(run): \(decimal(rates[run - 1], digits: 0)) events/s, bare consumer "
                    + "\(decimal(limits[run - 1], digits: 0))/s")
        }
        try await check(count, bed)
        try await logAlone(bed, limits.median, report)
        await bed.close()
        report(
            FigureResult(
                "projection, Kafka to Redis", rates.median, .perSecond, limit: limits.median,
                target: .atLeast(150_000)))
    }

    /// What a rebuild from the log alone takes in, with its one consumer thread.
    private func logAlone(_ bed: Bed, _ limit: Double, _ report: (FigureResult) -> Void) async throws {
        var (rates, peaks): ([Double], [Double]) = ([], [])
        for _ in 1...ground.scale.runs {
            let output = try await ChildProgram.run(
                CommandLine.arguments[0],
                [
                    "host", "log-fold", bed.bookings.url, bed.practitioners.url, ground.settings.redisURL,
                    bed.cluster.bootstrap,
                ],
                output: ground.path("logs/log-fold.log"))
            let words = output.split(separator: "\n").last?.split(separator: " ").compactMap { Double($0) } ?? []
            guard words.count == 2 else { throw WrongAnswer(output) }
            rates.append(words[0])
            peaks.append(words[1])
        }
        report(
            FigureResult(
                "decoded and folded from Kafka, one thread", rates.median, .perSecond, limit: limit,
                target: .atLeast(300_000)))
        report(
            FigureResult("memory of that", peaks.max() ?? 0, .mebibytes, target: .atMost(512)))
    }

    /// From the first checkpoint with bookings to the last: joining the group and its pause for others do not count.
    private func consume(_ count: Int, _ bed: Bed) async throws -> Double {
        try await bed.pages.restore()
        let program = try bed.start(ground)
        var begin: (at: ContinuousClock.Instant, events: Int64)?
        let seconds = try await eventually(
            "all bookings are in the pages", within: .seconds(90), every: .milliseconds(5)
        ) {
            guard let events = try await bed.pages.progress(.bookingEvents), events > 0 else { return nil as Double? }
            let now = ContinuousClock.now
            guard let start = begin else {
                begin = (now, events)
                return nil
            }
            return events >= Int64(count) ? (now - start.at).seconds : nil
        }
        await program.stop()
        return Double(Int64(count) - (begin?.events ?? 0)) / seconds
    }

    private func limit(_ count: Int, _ bed: Bed) async throws -> Double {
        let output = try await ChildProgram.run(
            ground.tools.bareConsume,
            [bed.cluster.bootstrap, Topic.bookingEvents.name, "\(Topic.partitionsPerTopic)", "\(count)"],
            output: ground.path("logs/bare_consume.log"))
        guard let rate = Double(output.split(separator: "\n").last ?? "") else { throw WrongAnswer(output) }
        return rate
    }

    /// The pages must be what a fold of the stores is, and hold every booking once.
    private func check(_ count: Int, _ bed: Bed) async throws {
        let booked = try await bed.pages.contents().bookedSlots
        guard booked == count else { throw WrongAnswer("\(count) slots were booked, the pages show \(booked)") }
        try await bed.model(ground).with { model, _ in
            for partition in Shard.all {
                let (pages, stores) = (
                    try await model.digest(of: partition), try await model.digestOfStores(of: partition)
                )
                guard pages == stores else { throw WrongAnswer("partition \(partition.number) is not the fold") }
            }
        }
    }

    /// 14 days of 500,000 practitioners, built from the store as after a loss of Redis.
    ///
    /// They are not registered over HTTP, which would take an hour: the same events are appended and relayed.
    private func memory(_ report: (FigureResult) -> Void) async throws {
        let practitioners = ground.scale.count(500_000)
        let bed = try await freshBed()
        let before = try await bed.pages.usedBytes()
        try await register(practitioners, bed)
        let begin = ContinuousClock.now
        let program = try bed.start(ground)
        try await waitFor(.practitionerEvents, practitioners * 2, bed)
        Progress.say("   built in \((ContinuousClock.now - begin).formatted), the consumer group's start included")
        await program.stop()
        let after = try await bed.pages.usedBytes()
        let days = try await bed.pages.contents().openDays
        guard days >= practitioners * 14 else {
            throw WrongAnswer("\(days) practitioner-days are in the pages, not \(practitioners * 14)")
        }
        await bed.close()
        report(
            FigureResult(
                "\(decimal(Double(practitioners * 14), digits: 0)) practitioner-days",
                Double(after - before) / 1_048_576, .mebibytes, target: .atMost(64)))
    }

    private func register(_ count: Int, _ bed: Bed) async throws {
        var history = RegistrationHistory(country: ground.country, today: MachineClock.today)
        let perBatch = 2_000
        try await relay(bed.practitioners, count * 2, bed) { session in
            try await bed.practitioners.append((count + perBatch - 1) / perBatch, in: session) { batch in
                try (batch * perBatch..<min((batch + 1) * perBatch, count)).flatMap { try history.events($0) }
            }
        }
    }

    /// Lets a store's events, appended by `append` in a transaction that it leaves open, reach Kafka.
    private func relay(
        _ store: RelayedStore, _ count: Int, _ bed: Bed, _ append: (PGSession) async throws -> Void
    ) async throws {
        let pool = store.server.pool(store.database)
        try await pool.withSession { session in
            try await append(session)
            _ = try await session.query(.commit)
        }
        await pool.close()
        let relayer = try HostedRelayer(store: store, cluster: bed.cluster, ground: ground)
        try await store.waitForRecords(count, in: bed.cluster, bed.admin)
        await relayer.stop()
    }

    private func waitFor(_ topic: Topic, _ events: Int, _ bed: Bed) async throws {
        _ = try await eventually("\(topic.name) are in the pages", within: .seconds(180), every: .milliseconds(50)) {
            try await bed.pages.progress(topic) == Int64(events) ? true : nil
        }
    }
}
