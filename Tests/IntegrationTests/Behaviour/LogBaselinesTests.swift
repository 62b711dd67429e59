import TestSupport
import Testing

extension BlackBox {
    /// `LOG_BASELINE_HOURS`, from the setting to what an operator is told.
    @Suite("Baselines in the log")
    struct LogBaselines {
        @Test("the role puts every partition of both models into the log, and a plan for the log alone finds them")
        func found() async throws {
            try await SystemUnderTest.with(.together, extra: ["LOG_BASELINE_HOURS": "24"]) { system in
                _ = try await system.caller().openPractice()
                let member = try #require(system.members(with: .projection).first)
                try await eventually("twelve rounds are in the log", within: .seconds(90), every: .milliseconds(250)) {
                    let metrics = try await system.operations(member, "/metrics").text
                    return ["availability", "search"].allSatisfy {
                        metrics.contains("log_baseline_rounds_total{model=\"\($0)\"} 6\n")
                    }
                }
                let plan = try await system.replay("plan", "--model", "search", "--source", "log")
                #expect(plan.exit == .code(0), "\(plan.output)")
                #expect(plan.output.matches(of: /partition \d: round of 20/).count == 6, "\(plan.output)")
            }
        }
    }
}
