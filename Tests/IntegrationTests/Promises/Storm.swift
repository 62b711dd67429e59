import HTTPClient
import Synchronization
import TestSupport

/// Many callers who create, cancel and move visits at random, until they are told to stop.
final class Storm: Sendable {
    /// What the callers were told.
    struct Report: Sendable {
        /// Bookings that were answered with 201.
        var confirmed: Set<String> = []
        /// Answers by status; 0 stands for no answer.
        var statuses: [Int: Int] = [:]
        /// Bodies of answers that no storm may cause.
        var unexpected: [String] = []
    }

    let seed: UInt64
    private let system: SystemUnderTest
    private let practices: [String]
    private let patient: String
    private let isOver = Atomic<Bool>(false)
    private let collected = Mutex(Report())

    /// - Parameters:
    ///   - system: Where to call.
    ///   - practices: Whose slots are fought for.
    ///   - patient: Whose visits they are.
    init(_ system: SystemUnderTest, practices: [String], patient: String) {
        self.system = system
        self.practices = practices
        self.patient = patient
        seed = SeededRandom().seed
    }

    /// What the callers have been told so far.
    var report: Report { collected.withLock { $0 } }

    /// Blows while `body` runs, and ends when it has ended.
    ///
    /// - Parameters:
    ///   - callers: How many call at once.
    ///   - body: What is done to the system meanwhile.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` throws; callers who get no answer go on.
    func blow<T: Sendable>(callers: Int, while body: @Sendable () async throws -> T) async throws -> T {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<callers {
                let caller = try system.caller("staff", subject: "storm-\(number)")
                group.addTask { await self.call(caller, SeededRandom(seed: self.seed &+ UInt64(number))) }
            }
            defer { isOver.store(true, ordering: .relaxed) }
            let result = try await body()
            isOver.store(true, ordering: .relaxed)
            try await group.waitForAll()
            return result
        }
    }

    private func call(_ caller: Caller, _ random: SeededRandom) async {
        var random = random
        var mine: [String] = []
        while !isOver.load(ordering: .relaxed), !Task.isCancelled {
            do {
                try await act(caller, &mine, &random)
            } catch {
                collected.withLock { $0.statuses[0, default: 0] += 1 }
                try? await Task.sleep(for: .milliseconds(20))  // a caller who got no answer takes a breath
            }
        }
    }

    /// Six of ten times a new visit, else one of its own is moved or cancelled.
    private func act(_ caller: Caller, _ mine: inout [String], _ random: inout SeededRandom) async throws {
        guard let practice = practices.randomElement(using: &random) else { return }
        let start = try Wall.start(
            Int.random(in: 0..<24, using: &random), inDays: Int.random(in: 1...5, using: &random))
        let dice = Int.random(in: 0..<10, using: &random)
        if dice < 6 || mine.isEmpty {
            let visit = dice % 2 == 0 ? "standard" : "long"
            let answer = try await caller.book(practice, patient, at: start, for: visit)
            note(answer, may: [201, 409, 422, 503])
            guard answer.status == 201, let id = try? answer.member("bookingId") else { return }
            mine.append(id)
            collected.withLock { _ = $0.confirmed.insert(id) }
        } else {
            let index = Int.random(in: 0..<mine.count, using: &random)
            if dice < 8 {
                note(try await caller.move(mine[index], to: start, of: practice), may: [200, 409, 422, 503])
            } else {
                note(try await caller.cancel(mine[index]), may: [200, 503])
                mine.remove(at: index)
            }
        }
    }

    private func note(_ answer: Answer, may statuses: Set<Int>) {
        collected.withLock { report in
            report.statuses[answer.status, default: 0] += 1
            if !statuses.contains(answer.status), report.unexpected.count < 5 {
                report.unexpected.append("\(answer.status) \(answer.text)")
            }
        }
    }
}
