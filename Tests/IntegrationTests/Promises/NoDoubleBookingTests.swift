import TestSupport
import Testing

extension BlackBox {
    /// Two confirmed bookings never share a slot of a practitioner.
    @Suite("G1: no double booking")
    struct NoDoubleBooking {
        static let rounds = 10
        static let clients = 50

        @Test("G1: 50 clients on one slot, one winner, every round", arguments: SystemShape.allCases)
        func oneWinner(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let practitioner = try await staff.openPractice()
                let patient = try await staff.registerPatient()
                for round in 0..<Self.rounds {
                    let start = try Wall.start(4, inDays: 1 + round)
                    let statuses = try await race(system, practitioner, patient, start)
                    #expect(statuses == [201: 1, 409: Self.clients - 1], "round \(round)")
                }
                try await StoreTruth.with(system.servers) { truth in
                    try await StoreInvariants.expect(truth, "after \(Self.rounds) rounds")
                }
            }
        }

        /// How many clients got which status; every second one wants three slots.
        private func race(
            _ system: SystemUnderTest, _ practitioner: String, _ patient: String, _ start: String
        ) async throws -> [Int: Int] {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for client in 0..<Self.clients {
                    let caller = try system.caller("partner", subject: "racer-\(client)")
                    let visit = client % 2 == 0 ? "standard" : "long"
                    group.addTask { try await caller.book(practitioner, patient, at: start, for: visit).status }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
        }

        @Test(
            "G1: a storm of visits of one and three slots leaves every invariant standing",
            arguments: SystemShape.allCases)
        func storm(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                let practices = try await staff.openPractices(3)
                let storm = Storm(system, practices: practices, patient: try await staff.registerPatient())
                try await storm.blow(callers: 16) { try await Task.sleep(for: .seconds(4)) }
                let report = storm.report
                #expect(
                    report.unexpected.isEmpty && report.statuses[0] == nil && report.statuses[503] == nil,
                    "\(report) TEST_SEED=\(storm.seed)")
                #expect((report.statuses[201] ?? 0) > 20, "the storm was a breeze: \(report.statuses)")
                try await StoreTruth.with(system.servers) { truth in
                    try await StoreInvariants.expect(truth, "TEST_SEED=\(storm.seed)")
                }
            }
        }
    }
}
