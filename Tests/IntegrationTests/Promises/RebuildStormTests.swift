import Domain
import Synchronization
import TestSupport
import Testing

extension BlackBox {
    /// An operator rebuilds, swaps and rolls back at noon on a Monday.
    @Suite("G5, G7: rebuilds under load are not noticed")
    struct RebuildStorm {
        private static let specialty = "urology"
        /// `REBUILD_STORM_SECONDS=600` for the whole proof.
        private static let seconds = TestServers.setting("REBUILD_STORM_SECONDS").flatMap { Int($0) } ?? 60

        @Test("G5, G7: a storm of bookings while rebuild, swap and rollback go round; live equals the store at the end")
        func goesRound() async throws {
            try await withSystem(.together) { system in
                let staff = try system.caller()
                let practices = try await staff.openPractices(8, Practice(specialty: Self.specialty))
                let patient = try await staff.registerPatient()
                let steady = try await staff.openPractice(Practice(specialty: Self.specialty))
                try await eventually("the practice is in the pages", within: .seconds(60)) {
                    try await staff.listing(steady, days: 14).state == "fresh"
                }
                let watch = Watch(steady)
                let storm = Storm(system, practices: practices, patient: patient)
                try await storm.blow(callers: 4) {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<2 { group.addTask { try await watch.sample(try system.caller()) } }
                        group.addTask { try await watch.book(try system.caller(), patient) }
                        defer { group.cancelAll() }
                        try await operate(system)
                    }
                }
                let seen = watch.report
                let faults = seen.faults.prefix(5)
                #expect(faults.isEmpty, "\(seen.faults.count) in all; TEST_SEED=\(storm.seed)")
                #expect(seen.samples > 20 && seen.booked > 0)
                #expect(storm.report.unexpected.isEmpty, "\(storm.report) TEST_SEED=\(storm.seed)")
                try await StoreTruth.with(system.servers) { truth in
                    try await ReadModels(staff, truth).converge(practices + [steady], specialty: Self.specialty)
                }
                let proved = try await system.replay("verify", "models", within: .seconds(120))
                #expect(proved.exit == .code(0), "\(proved.output)")
            }
        }

        /// Rebuild and swap, back and forth, and away with what was left: until the time is over.
        private func operate(_ system: SystemUnderTest) async throws {
            let end = ContinuousClock.now + .seconds(Self.seconds)
            var round = 0
            repeat {
                let model = round % 2 == 0 ? "availability" : "search"
                let rebuilt = try await system.replay("rebuild", "--model", model, "--swap", within: .seconds(120))
                try #require(rebuilt.exit == .code(0), "\(rebuilt.output)")
                for command in ["rollback", "rollback"] {
                    let turned = try await system.replay(command, "--model", model)
                    try #require(turned.exit == .code(0), "\(turned.output)")
                }
                round += 1
            } while ContinuousClock.now < end
        }
    }
}

/// Looks at one practice all along: what it has seen as taken, and is never given back, must not be free again.
private final class Watch: Sendable {
    struct Report: Sendable {
        var samples = 0
        var booked = 0
        var faults: [String] = []
    }

    private struct State {
        var report = Report()
        /// Slots that were booked for good, by day.
        var booked: [LocalDate: SlotMask] = [:]
        /// Those that some reader has seen as taken.
        var taken: [LocalDate: SlotMask] = [:]
    }

    private let practice: String
    private let state = Mutex(State())

    init(_ practice: String) {
        self.practice = practice
    }

    var report: Report { state.withLock { $0.report } }

    /// Books one slot after the other, and gives none back.
    func book(_ caller: Caller, _ patient: String) async throws {
        for slot in 0..<240 {
            let (day, place) = (1 + slot / 24, slot % 24)
            let answer = try? await caller.book(
                practice, patient, at: try Wall.start(place, inDays: day), for: "standard")
            let date = try Wall.date(inDays: day)
            if answer?.status == 201 {
                state.withLock { state in
                    state.report.booked += 1
                    let mask = SlotMask(first: place, count: 1)
                    state.booked[date] = (state.booked[date] ?? .empty).union(mask)
                }
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Reads again and again.
    func sample(_ caller: Caller) async throws {
        while !Task.isCancelled {
            // Seen before this question was asked: a later answer must not take it back.
            let before = state.withLock { $0.taken }
            if let listing = try? await caller.listing(practice, days: 14) { judge(listing, before) }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func judge(_ listing: Listing, _ before: [LocalDate: SlotMask]) {
        state.withLock { state in
            state.report.samples += 1
            if listing.state == "unknown" || listing.days.count != 14 {
                state.report.faults.append("\(listing.state), \(listing.days.count) days, at \(Wall.now())")
                return
            }
            if listing.days.dropFirst().allSatisfy(\.free.isEmpty) {
                state.report.faults.append("a practice that is open has nothing free at all")
            }
            for day in listing.days {
                let back = day.free.intersection(before[day.date] ?? .empty)
                if !back.isEmpty { state.report.faults.append("\(day.date): \(back) was taken, and is free again") }
                let gone = (state.booked[day.date] ?? .empty).subtracting(day.free)
                state.taken[day.date] = (state.taken[day.date] ?? .empty).union(gone)
            }
        }
    }
}
