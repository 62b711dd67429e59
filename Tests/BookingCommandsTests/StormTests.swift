import Domain
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import BookingCommands

/// Random commands from two processes, then the whole database is looked at.
@Suite struct StormTests {
    private static let practitioners = 3
    private static let callers = 16
    private static let commandsOfACaller = 60

    @Test func aStormLeavesASoundStore() async throws {
        let random = SeededRandom()
        try await Clinic.with("storm", writers: 2) { clinic in
            for number in 1...Self.practitioners { try await clinic.open(practitioner(number)) }
            let got = await storm(clinic, seed: random.seed)
            #expect(got.count == Self.callers * Self.commandsOfACaller)
            #expect(!got.contains { if case .failure = $0 { true } else { false } }, "TEST_SEED=\(random.seed)")
            #expect(got.contains { $0.line?.hasPrefix("409 slot-taken") ?? false }, "TEST_SEED=\(random.seed)")
            try await clinic.expectSound(seed: random.seed)
        }
    }

    /// G2: sessions die at any moment; each command is answered once, and what was answered is there.
    @Test func sessionsThatAreKilledLoseNothing() async throws {
        let random = SeededRandom()
        try await Clinic.with("kill", writers: 2) { clinic in
            for number in 1...Self.practitioners { try await clinic.open(practitioner(number)) }
            let isOver = Flag()
            async let storm = self.storm(clinic, seed: random.seed)
            async let kills = kill(clinic, until: isOver)
            let got = await storm
            isOver.raise()
            #expect(try await kills > 0)
            #expect(got.count == Self.callers * Self.commandsOfACaller)
            let allowed: [Got] = [.failure(.unavailable(dependency: BookingTransaction.dependency))]
            for case .failure(let failure) in got { #expect(allowed.contains(.failure(failure))) }
            try await clinic.expectSound(seed: random.seed)
        }
    }

    private func kill(_ clinic: Clinic, until isOver: Flag) async throws -> Int64 {
        var killed: Int64 = 0
        while !isOver.isRaised {
            killed += try await clinic.count(
                """
                SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM (
                    SELECT pid FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name LIKE 'writer-%' AND state <> 'idle'
                    ORDER BY random() LIMIT 1) AS victim
                """)
            try await Task.sleep(for: .milliseconds(20))
        }
        return killed
    }

    private func storm(_ clinic: Clinic, seed: UInt64) async -> [Got] {
        let bookings = KnownBookings()
        return await withTaskGroup(of: [Got].self) { group in
            for caller in 0..<Self.callers {
                group.addTask {
                    var random = SeededRandom(seed: seed &+ UInt64(caller))
                    var got: [Got] = []
                    for number in 0..<Self.commandsOfACaller {
                        let known = bookings.any(using: &random)
                        guard
                            let request = try? command(clinic, known, key: "\(caller)-\(number)", &random)
                        else { continue }
                        let answer = await clinic.writers[caller % clinic.writers.count].got(request)
                        if answer.line?.hasPrefix("201") ?? false {
                            bookings.add(request.bookingID)
                        }
                        got.append(answer)
                    }
                    return got
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }
}

/// What the callers of a storm have booked so far.
private final class KnownBookings: Sendable {
    private let ids = Mutex<[BookingID]>([])

    func add(_ id: BookingID) { ids.withLock { $0.append(id) } }

    func any(using random: inout SeededRandom) -> BookingID? { ids.withLock { $0.randomElement(using: &random) } }
}

/// Says once that a storm is over.
private final class Flag: Sendable {
    private let raised = Atomic(false)

    func raise() { raised.store(true, ordering: .relaxed) }

    var isRaised: Bool { raised.load(ordering: .relaxed) }
}

/// A creation, a cancellation or a move, anywhere on one day of a few practitioners.
private func command(
    _ clinic: Clinic, _ known: BookingID?, key: String, _ random: inout SeededRandom
) throws -> BookingRequest {
    let start = try instant("2026-11-23T08:00:00+01:00").adding(minutes: 30 * Int.random(in: 0..<24, using: &random))
    let place = practitioner(Int.random(in: 1...3, using: &random))
    guard let known, Int.random(in: 0..<10, using: &random) >= 4 else {
        let type = ["standard", "standard", "long", "whole-morning"].randomElement(using: &random) ?? "standard"
        return try clinic.create(place, ParsedTime(start), type: type, key: key)
    }
    if Int.random(in: 0..<3, using: &random) == 0 { return clinic.cancel(known, key: key) }
    return try clinic.move(
        known, to: start.description, of: Bool.random(using: &random) ? place : nil, key: key)
}
