import AvailabilityProjection
import Domain
import EventStore
import Postgres
import ProjectionRunner

/// What others notice while an operator rebuilds everything with the real command: bookings on their way into Kafka and
/// into the pages, past a program that relays, seals and projects.
struct BesideFigures {
    private static let perSecond = 90
    private static let writers = 4
    /// The large history has slots of the next week only.
    private static let firstDay = MachineClock.today.adding(days: 8)

    let ground: BenchGround
    let history: LargeHistory

    /// How long bookings were on their way in one window, and how often everything was rebuilt meanwhile.
    private struct Window {
        let kafka: Latencies
        let redis: Latencies
        var rebuilds: [Double] = []
    }

    func measure(_ report: (FigureResult) -> Void) async throws {
        let system = try await InstalledSystem.install(ground)
        try await load()
        Progress.say("   the program folds and seals what it finds")
        let program = try await system.start(roles: "all", within: .seconds(600))
        try await waitUntilSealed()
        var (alone, beside): ([Window], [Window]) = ([], [])
        for run in 0..<ground.scale.runs {
            alone.append(try await window(run * 2, system))
            beside.append(try await whileRebuilding(run * 2 + 1, system))
            Progress.say(
                "   run \(run + 1): to Redis p99 \(decimal(beside[run].redis.p99, digits: 0)) ms, to Kafka p99 "
                    + "\(decimal(beside[run].kafka.p99, digits: 0)) ms beside \(beside[run].rebuilds.count) rebuilds; "
                    + "alone \(decimal(alone[run].redis.p99, digits: 0)) and "
                    + "\(decimal(alone[run].kafka.p99, digits: 0)) ms")
        }
        await program.stop()
        await system.kafka.close()
        report(
            FigureResult(
                "commit to Redis beside replay rebuild, p99", beside.map(\.redis.p99).median, .milliseconds,
                limit: alone.map(\.redis.p99).median, target: .atMost(250)))
        report(
            FigureResult(
                "commit to Kafka beside replay rebuild, p99", beside.map(\.kafka.p99).median, .milliseconds,
                limit: alone.map(\.kafka.p99).median, target: .atMost(250)))
        report(
            FigureResult("replay rebuild beside bookings", beside.flatMap(\.rebuilds).median, .milliseconds))
    }

    // MARK: the ground

    private func load() async throws {
        for name in [InstalledSystem.booking, InstalledSystem.practitioner] {
            let pool = ground.databases.pool(name)
            try await Partitions.ensure(countries: [ground.country], in: pool)
            if name == InstalledSystem.booking {
                try await history.loadBookings(into: pool)
            } else {
                try await history.loadPractitioners(into: pool)
            }
            await pool.close()
            for text in ["VACUUM ANALYZE events", "CHECKPOINT"] {
                try await ground.databases.execute(text, in: name)
            }
        }
    }

    private func waitUntilSealed() async throws {
        let missing = """
            SELECT (sum(last / 256) - (SELECT count(*) FROM seal_tiles WHERE level = 0))::bigint
            FROM (SELECT max(last_position) AS last FROM outbox_stamps GROUP BY shard) AS shards
            """
        _ = try await eventually("everything is sealed", within: .seconds(600), every: .seconds(1)) {
            for name in [InstalledSystem.booking, InstalledSystem.practitioner]
            where try await ground.databases.number(missing, in: name) > 0 { return nil as Bool? }
            return true
        }
    }

    // MARK: measuring

    private func whileRebuilding(_ number: Int, _ system: InstalledSystem) async throws -> Window {
        let rebuilding = Task {
            var times: [Double] = []
            while !Task.isCancelled {
                let begun = ContinuousClock.now
                let said = try await system.replay("rebuild", "--model", "availability", "--json")
                times.append((ContinuousClock.now - begun).seconds * 1_000)
                guard let epoch = said.matches(of: /"epoch":(\d+)/).last?.output.1 else { throw WrongAnswer(said) }
                _ = try await system.replay("drop", "--model", "availability", "--epoch", "\(epoch)")
            }
            return times
        }
        do {
            var window = try await window(number, system)
            rebuilding.cancel()
            window.rebuilds = try await rebuilding.value
            return window
        } catch {
            rebuilding.cancel()
            throw error
        }
    }

    /// Bookings at 90 a second, each in a transaction of its own.
    private func window(_ number: Int, _ system: InstalledSystem) async throws -> Window {
        let count = Self.perSecond * (ground.scale.size < 1 ? 5 : 30)
        let bookings = BookingHistory(
            country: ground.country, firstDay: Self.firstDay, idsFrom: history.bookings * 2, skipping: number * count)
        let times = EventTimes(count: count)
        let reader = try ArrivalReader(cluster: system.kafka, times: times, history: bookings)
        let watch = VisibilityWatch(
            expected: try await expected(bookings, count), databases: ground.databases,
            redisURL: ground.settings.redisURL)
        let pool = ground.databases.pool(InstalledSystem.booking, sessionsMax: Self.writers)
        let notifier = CommitNotifier(
            url: ground.databases.url(InstalledSystem.booking), label: "bench-notify")
        let writer = PacedWriter(
            pool: pool, notifier: notifier, times: times, rate: Self.perSecond, history: bookings)
        async let arriving: Void = reader.run()
        async let seen = watch.inRedis()
        try await Task.sleep(for: .seconds(1))  // the consumer has connected by then
        try await writer.run(Self.writers)
        try await arriving
        let redis = times.milliseconds(until: try await seen)
        await notifier.close()
        await pool.close()
        return Window(kafka: Latencies(times.milliseconds(0..<count)), redis: Latencies(redis))
    }

    private func expected(_ bookings: BookingHistory, _ count: Int) async throws -> [VisibilityWatch.Expected] {
        let created = (0..<count).map(bookings.booking)
        let pool = ground.databases.pool(InstalledSystem.practitioner)
        let places = try await PractitionerPlaces(pool: pool, zones: MachineZones.database).read(
            created.map { (id: $0.practitionerID, country: ground.country) })
        await pool.close()
        let now = MachineClock().now().microseconds
        return try created.indices.map { index in
            let booking = created[index]
            guard let place = places[index], let slot = booking.slots.first else {
                throw WrongAnswer("a practitioner is not in the store")
            }
            return VisibilityWatch.Expected(
                slot: Practices.Slot(
                    practitioner: booking.practitionerID, date: booking.localDate, index: slot,
                    start: booking.slotStart), place: place,
                due: now + Int64(index) * 1_000_000 / Int64(Self.perSecond))
        }
    }
}
