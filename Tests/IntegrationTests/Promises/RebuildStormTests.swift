import Domain
import TestSupport
import Testing

extension BlackBox {
    /// An operator rebuilds, swaps, rolls back and drops at noon on a Monday.
    @Suite("G5, G7: rebuilds under load are not noticed")
    struct RebuildStorm {
        private static let specialty = "urology"
        private static let models = ["availability", "search"]
        /// `TEST_STORM_SECONDS=600` for the whole proof.
        private static let seconds = TestServers.setting("TEST_STORM_SECONDS").flatMap { Int($0) } ?? 60
        private static let roundsMin = 2

        @Test(
            "G5, G7: bookings storm while rebuild, swap, rollback and drop go round; live equals the store at the end")
        func goesRound() async throws {
            try await withSystem(.together) { system in
                let staff = try system.caller()
                let practices = try await staff.openPractices(8, Practice(specialty: Self.specialty))
                let patient = try await staff.registerPatient()
                let steady = try await staff.openPractices(4, Practice(specialty: Self.specialty))
                for practice in steady {
                    try await eventually("the practice is in the pages", within: .seconds(60)) {
                        try await staff.listing(practice, days: 14).state == "fresh"
                    }
                }
                let watch = Watch(steady, specialty: Self.specialty)
                try await eventually("search finds all", within: .seconds(60)) { try await watch.isReady(staff) }
                let storm = Storm(system, practices: practices, patient: patient)
                let rounds = try await storm.blow(callers: 4) {
                    try await watch.look(
                        listing: [try system.caller(), try system.caller()], searching: [try system.caller()],
                        booking: try system.caller(), for: patient, over: .seconds(Self.seconds)
                    ) {
                        try await operate(system)
                    }
                }
                let seen = watch.report
                let seed = "TEST_SEED=\(storm.seed)"
                #expect(seen.faults.isEmpty, "\(seen.faultCount) in all; \(seed)")
                // A reader that looks once a second has seen every swap; many more looks are the rule.
                #expect(seen.listings > Self.seconds && seen.searches > Self.seconds, "\(seen)")
                #expect(seen.booked > Self.seconds, "\(seen)")
                for model in Self.models { #expect(rounds[model, default: 0] >= Self.roundsMin, "\(rounds)") }
                #expect(storm.report.unexpected.isEmpty, "\(storm.report) \(seed)")
                try await StoreTruth.with(system.servers) { truth in
                    try await ReadModels(staff, truth).converge(practices + steady, specialty: Self.specialty)
                }
                let proved = try await system.replay("verify", "models", within: .seconds(120))
                #expect(proved.exit == .code(0), "\(proved.output)")
            }
        }

        /// Rebuild and swap, back and forth, and away with what was left: until the time is over.
        ///
        /// - Returns: How many rounds each model went.
        private func operate(_ system: SystemUnderTest) async throws -> [String: Int] {
            let end = ContinuousClock.now + .seconds(Self.seconds)
            var rounds: [String: Int] = [:]
            var left: [String: Int64] = [:]
            while ContinuousClock.now < end || Self.models.contains(where: { rounds[$0, default: 0] < Self.roundsMin })
            {
                for model in Self.models {
                    // Only now: it would wait for readers who may still hold it right after the swap.
                    if let epoch = left[model] {
                        try await expect(system, "drop", "--model", model, "--epoch", "\(epoch)")
                    }
                    left[model] = try await system.servedEpoch(of: model)
                    try await expect(system, "rebuild", "--model", model, "--swap")
                    for command in ["rollback", "rollback"] { try await expect(system, command, "--model", model) }
                    rounds[model, default: 0] += 1
                }
            }
            return rounds
        }

        private func expect(_ system: SystemUnderTest, _ arguments: String...) async throws {
            let running = try system.startReplay(arguments)
            let exit = try await running.waitForExit(within: .seconds(120))
            try #require(exit == .code(0), "\(running.output())")
        }
    }
}
