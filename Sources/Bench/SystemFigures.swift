import Domain
import Foundation
import HTTPClient
import JSON

/// Everything that is measured from outside, on one installation: the real program with its databases, Redis and Kafka.
struct SystemFigures {
    let ground: BenchGround

    private static let practitioners = 1_000
    private static let patients = 50
    /// What a booking needs to be answered; who relays and projects is measured by other figures.
    private static let writingRoles = "booking,practitioner,patient,availability"

    func measure(_ figures: Set<Figure>, _ report: (FigureResult) -> Void) async throws {
        Progress.say("   installing, and registering \(Self.practitioners) practitioners over HTTP")
        let system = try await InstalledSystem.install(ground)
        let program = try await system.start(roles: "all")
        let tokens = try TokenBook(keyPath: system.issuerKey, count: 200)
        let practices = try await Practices.register(
            Self.practitioners, patients: Self.patients, at: system.port, tokens)
        if !figures.isDisjoint(with: [.mixed, .reads]) { try await waitUntilVisible(practices) }
        let parts = Parts(system: system, practices: practices, tokens: tokens)
        if figures.contains(.mixed) { try await mixed(parts, report) }
        if figures.contains(.reads) { try await reads(parts, report) }
        if figures.contains(.race) { try await race(parts, report) }
        if figures.contains(.bookings) {
            let beside = try await bookingFigures(parts).rate(run: 0)
            await program.stop()
            try await bookings(parts, report, besideEverything: beside)
        } else {
            await program.stop()
        }
        await system.kafka.close()
    }

    private struct Parts {
        let system: InstalledSystem
        let practices: Practices
        let tokens: TokenBook
    }

    private func bookingFigures(_ parts: Parts) -> BookingFigures {
        BookingFigures(ground: ground, system: parts.system, practices: parts.practices, tokens: parts.tokens)
    }

    private func waitUntilVisible(_ practices: Practices) async throws {
        let wanted = Int64(practices.practitioners.count)
        _ = try await eventually("all practitioners are in search", within: .seconds(60), every: .milliseconds(200)) {
            let known = try await ground.databases.number(
                "SELECT count(*) FROM search_documents WHERE active AND first_date IS NOT NULL",
                in: InstalledSystem.practitioner)
            return known == wanted ? true : nil
        }
    }

    private func mixed(_ parts: Parts, _ report: (FigureResult) -> Void) async throws {
        let figures = MixedFigures(
            ground: ground, system: parts.system, practices: parts.practices, tokens: parts.tokens)
        var runs: [MixedFigures.Run] = []
        for number in 0..<ground.scale.runs {
            let run = try await figures.run(number)
            Progress.say(
                "   run \(number + 1): booking p99 \(decimal(run.booking.p99, digits: 1)) ms, Redis p99 "
                    + "\(decimal(run.redis.p99, digits: 1)) ms, search p99 \(decimal(run.search.p99, digits: 0)) ms, "
                    + "reads p99 \(decimal(run.reads.p99, digits: 1)) ms")
            runs.append(run)
        }
        func line(_ name: String, _ value: (MixedFigures.Run) -> Double, _ target: FigureResult.Target = .none) {
            report(FigureResult(name, runs.map(value).median, .milliseconds, target: target))
        }
        line("commit to Redis, p50", { $0.redis.p50 })
        line("commit to Redis, p99", { $0.redis.p99 }, .atMost(100))
        line("commit to search, p50", { $0.search.p50 })
        line("commit to search, p99", { $0.search.p99 }, .atMost(2_000))
        line("booking beside reads, p99", { $0.booking.p99 }, .atMost(20))
        line("read beside bookings, p99", { $0.reads.p99 })
    }

    private func reads(_ parts: Parts, _ report: (FigureResult) -> Void) async throws {
        let figures = ReadFigures(
            ground: ground, system: parts.system, practices: parts.practices, tokens: parts.tokens)
        var runs: [(rate: Double, limit: Double)] = []
        for number in 1...ground.scale.runs {
            let run = try await figures.measure()
            Progress.say(
                "   run \(number): \(decimal(run.rate, digits: 0)) reads/s, bare \(decimal(run.limit, digits: 0))/s")
            runs.append(run)
        }
        report(
            FigureResult(
                "availability reads", runs.map(\.rate).median, .perSecond, limit: runs.map(\.limit).median,
                target: .ratio(0.4)))
    }

    private func race(_ parts: Parts, _ report: (FigureResult) -> Void) async throws {
        var times: [Double] = []
        for round in 0..<max(3, ground.scale.runs) { times.append(try await bookingFigures(parts).race(round: round)) }
        report(FigureResult("1,000 clients, one slot", times.median, .milliseconds, target: .atMost(1_000)))
    }

    private func bookings(
        _ parts: Parts, _ report: (FigureResult) -> Void, besideEverything: Double
    ) async throws {
        let program = try await parts.system.start(roles: Self.writingRoles)
        let limit = try await BookingLimit(ground: ground, practitioners: Self.practitioners)
        var rates: [Double] = []
        var limits: [Double] = []
        for run in 1...ground.scale.runs {
            limits.append(try await limit.measure(run: run, seconds: ground.scale.size < 1 ? 2 : 8))
            rates.append(try await bookingFigures(parts).rate(run: run))
            Progress.say(
                "   run \(run): \(decimal(rates[run - 1], digits: 0)) bookings/s, pgbench "
                    + "\(decimal(limits[run - 1], digits: 0))/s")
        }
        await program.stop()
        report(
            FigureResult(
                "bookings, durable", rates.median, .perSecond, limit: limits.median, target: .ratio(1.5)))
        report(
            FigureResult("bookings beside relay and models", besideEverything, .perSecond, limit: limits.median))
    }
}
