import Domain

/// Durable bookings over HTTP, as many as go, and many callers who want the same slot.
struct BookingFigures {
    let ground: BenchGround
    let system: InstalledSystem
    let practices: Practices
    let tokens: TokenBook

    private var load: HTTPLoad { HTTPLoad(ground: ground, port: system.port) }
    /// Slots below this number belong to the other figures.
    static let firstSlot = 10_000

    /// Bookings a second with 64 connections; each run has slots of its own.
    func rate(run: Int) async throws -> Double {
        let count = ground.scale.count(60_000)
        let warmUp = ground.scale.count(6_000)
        let first = Self.firstSlot + run * (count + warmUp)
        let before = try await bookings()
        _ = try await book(first..<first + warmUp)
        let answers = try await book(first + warmUp..<first + warmUp + count)
        let stored = try await bookings() - before
        guard stored == Int64(count + warmUp) else {
            throw WrongAnswer("\(count + warmUp) bookings were answered 201, \(stored) are stored")
        }
        return Double(count) / answers.seconds
    }

    /// 1,000 clients, each with a connection and a key of its own, on one slot.
    ///
    /// - Returns: Milliseconds from the first request to the last answer.
    func race(round: Int) async throws -> Double {
        let clients = 1_000
        let slot = try practices.slot(round)
        var requests = PreparedRequests()
        for client in 0..<clients {
            requests.add(
                "/fr/v1/bookings", token: tokens[client], body: practices.booking(slot, turn: client),
                key: "race-\(round)-\(client)")
        }
        let answers = try await load.run(requests, connections: clients, name: "race")
        let winners = answers.filter { $0.status == 201 }.count
        let losers = answers.filter { $0.status == 409 }.count
        guard winners == 1, losers == clients - 1 else {
            throw WrongAnswer("\(winners) won the slot, \(losers) of \(clients - 1) were answered 409")
        }
        return answers.seconds * 1_000
    }

    private func book(_ slots: Range<Int>) async throws -> [LoadAnswer] {
        var requests = PreparedRequests()
        for number in slots {
            requests.add(
                "/fr/v1/bookings", token: tokens[number],
                body: practices.booking(try practices.slot(number), turn: number), key: "slot-\(number)")
        }
        let answers = try await load.run(requests, connections: 64, name: "bookings")
        try answers.check(201, "bookings")
        return answers
    }

    private func bookings() async throws -> Int64 {
        try await ground.databases.number("SELECT count(*) FROM bookings", in: InstalledSystem.booking)
    }
}
