import Domain
import TestSupport
import Testing

@testable import BookingCommands

/// G3: a key has one outcome, in one process and across processes.
@Suite struct IdempotencyTests {
    private static let ten = "2026-11-23T10:00:00+01:00"

    @Test func aKeyHasOneOutcome() async throws {
        try await Clinic.with("key", writers: 2) { clinic in
            try await clinic.open(practitioner(1))
            let first = try clinic.create(practitioner(1), Self.ten, key: "key")
            let answer = await clinic.writers[0].got(first)
            let line = try #require(answer.line)
            #expect(answer == .answer(line))
            for writer in clinic.writers {
                #expect(await writer.got(try clinic.create(practitioner(1), Self.ten, key: "key")) == .replay(line))
                let other = try clinic.create(practitioner(1), "2026-11-23T12:00:00+01:00", key: "key")
                #expect(await writer.got(other) == .failure(.keyReused))
                let stranger = try clinic.create(
                    practitioner(1), "2026-11-23T12:00:00+01:00", key: "key", by: .partner)
                #expect(await writer.got(stranger) != .failure(.keyReused), "another caller's key is another key")
            }
            try await clinic.expectSound()
        }
    }

    @Test(arguments: [1, 2])
    func eightIdenticalRequestsAtOnceAreOne(processes: Int) async throws {
        try await Clinic.with("eight", writers: processes) { clinic in
            try await clinic.open(practitioner(1))
            for round in 0..<20 {
                let start = try instant("2026-11-23T08:00:00+01:00").adding(minutes: round * 30)
                let requests = try (0..<8).map { _ in
                    try clinic.create(practitioner(1), ParsedTime(start), key: "same-\(round)")
                }
                let answers = await clinic.executeAtOnce(requests)
                #expect(Set(answers.map(\.line)) == ["201 confirmed v1 \(start)"])
                #expect(answers.filter { $0 == .answer("201 confirmed v1 \(start)") }.count == 1)
            }
            #expect(try await clinic.count("SELECT count(*) FROM bookings") == 20)
            try await clinic.expectSound()
        }
    }

    @Test func refusalsRaceForTheirKeyToo() async throws {
        try await Clinic.with("refusals", writers: 2) { clinic in
            for round in 0..<20 {
                // No head row serialises these two: only the key's row does.
                let requests = try (0..<8).map { _ in
                    try clinic.create(practitioner(404), Self.ten, key: "nobody-\(round)")
                }
                let answers = await clinic.executeAtOnce(requests)
                #expect(Set(answers.map(\.line)) == ["404 unknown-practitioner"])
                #expect(answers.filter { $0 == .answer("404 unknown-practitioner") }.count == 1)
            }
        }
    }

    @Test func twoRequestsWithOneKeyAtOnceAreOneAndARefusal() async throws {
        try await Clinic.with("reuse", writers: 2) { clinic in
            try await clinic.open(practitioner(1))
            for round in 0..<20 {
                let requests = [
                    try clinic.create(practitioner(1), Self.ten, type: "standard", key: "two-\(round)"),
                    try clinic.create(practitioner(1), Self.ten, type: "long", key: "two-\(round)"),
                ]
                let answers = await clinic.executeAtOnce(requests)
                #expect(answers.filter { $0 == .failure(.keyReused) }.count == 1)
            }
            try await clinic.expectSound()
        }
    }
}

extension Clinic {
    /// Executes requests at the same time, in turn by each of the writers; answers in their order.
    func executeAtOnce(_ requests: [BookingRequest]) async -> [Got] {
        await withTaskGroup(of: (Int, Got).self) { group in
            for (index, request) in requests.enumerated() {
                let writer = writers[index % writers.count]
                group.addTask { (index, await writer.got(request)) }
            }
            var answers = [Got](repeating: .failure(.overloaded), count: requests.count)
            for await (index, got) in group { answers[index] = got }
            return answers
        }
    }
}
