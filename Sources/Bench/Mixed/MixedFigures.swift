import AvailabilityProjection
import Domain
import Postgres

/// A normal busy moment: 90 bookings and 700 reads a second, and how long a booking takes to be seen.
struct MixedFigures {
    let ground: BenchGround
    let system: InstalledSystem
    let practices: Practices
    let tokens: TokenBook

    private static let bookingsPerSecond = 90
    private static let readsPerSecond = 700
    private static let firstSlot = 1_000

    /// The figures of one run.
    struct Run: Sendable {
        /// From the request's time to its 201.
        let booking: Latencies
        /// From the append, shortly before the commit, to the slot seen as taken.
        let redis: Latencies
        let search: Latencies
        let reads: Latencies
    }

    func run(_ number: Int) async throws -> Run {
        let seconds = ground.scale.size < 1 ? 5 : 20
        let begin = MachineClock().now().microseconds + 1_500_000
        let count = Self.bookingsPerSecond * seconds
        let slots = try (0..<count).map { try practices.slot(Self.firstSlot + number * count + $0) }
        let load = HTTPLoad(ground: ground, port: system.port)
        let watch = VisibilityWatch(
            expected: try await expected(slots, from: begin), databases: ground.databases,
            redisURL: ground.settings.redisURL)
        let bookingRequests = bookings(slots, run: number)
        let readRequests = reads(Self.readsPerSecond * seconds)
        async let seenInRedis = watch.inRedis()
        async let seenInSearch = watch.inSearch()
        async let read = load.run(
            readRequests, connections: 32, pace: .perSecond(Self.readsPerSecond, from: begin * 1_000), name: "reads")
        let booked = try await load.run(
            bookingRequests, connections: 16, pace: .perSecond(Self.bookingsPerSecond, from: begin * 1_000),
            name: "mixed")
        try booked.check(201, "bookings")
        let reads = try await read
        try reads.check(200, "reads")
        let committed = try await commitTimes(slots)
        let (redis, search) = (try await seenInRedis, try await seenInSearch)
        return Run(
            booking: Latencies(booked.map(\.milliseconds)), redis: Self.latencies(from: committed, to: redis),
            search: Self.latencies(from: committed, to: search), reads: Latencies(reads.map(\.milliseconds)))
    }

    private static func latencies(from begin: [Int64], to end: [Int64]) -> Latencies {
        Latencies(zip(begin, end).map { Double($1 - $0) / 1_000 })
    }

    private func bookings(_ slots: [Practices.Slot], run: Int) -> PreparedRequests {
        var requests = PreparedRequests()
        for (turn, slot) in slots.enumerated() {
            requests.add(
                "/fr/v1/bookings", token: tokens[turn], body: practices.booking(slot, turn: turn),
                key: "mixed-\(run)-\(turn)")
        }
        return requests
    }

    /// Four of five look at a practitioner's free slots, the fifth searches.
    private func reads(_ count: Int) -> PreparedRequests {
        var random = SeededGenerator(seed: 7)
        var requests = PreparedRequests()
        for turn in 0..<count {
            let practitioner = practices.practitioners[Int.random(in: practices.practitioners.indices, using: &random)]
            let latitude = 48.5 + Double.random(in: 0..<1, using: &random)
            let path =
                turn % 5 == 4
                ? "search?specialty=cardiology&near=\(latitude),2.35&radiusKm=20&limit=10"
                : "practitioners/\(practitioner)/availability"
            requests.add("/fr/v1/\(path)", token: tokens[turn])
        }
        return requests
    }

    /// Where Redis has each slot's practitioner, and when its booking is sent.
    private func expected(_ slots: [Practices.Slot], from begin: Int64) async throws -> [VisibilityWatch.Expected] {
        let pool = ground.databases.pool(InstalledSystem.practitioner)
        let places = try await PractitionerPlaces(pool: pool, zones: MachineZones.database).read(
            slots.map { (id: $0.practitioner, country: ground.country) })
        await pool.close()
        return try slots.indices.map { index in
            guard let place = places[index] else { throw WrongAnswer("a practitioner is not in the store") }
            return VisibilityWatch.Expected(
                slot: slots[index], place: place,
                due: begin + Int64(index) * 1_000_000 / Int64(Self.bookingsPerSecond))
        }
    }

    private func commitTimes(_ slots: [Practices.Slot]) async throws -> [Int64] {
        let pool = ground.databases.pool(InstalledSystem.booking)
        let rows = try await pool.query(
            SQL.readCommitTimes,
            [
                .uuidArray(slots.map { PGUUID(high: $0.practitioner.high, low: $0.practitioner.low) }),
                .timestampArray(slots.map(\.start.microseconds)),
            ])
        await pool.close()
        guard rows.count == slots.count else {
            throw WrongAnswer("\(rows.count) of \(slots.count) bookings are stored")
        }
        var times = [Int64](repeating: 0, count: slots.count)
        for row in 0..<rows.count { times[Int(rows.int(row, 0)) - 1] = rows.timestamp(row, 1) }
        return times
    }
}
