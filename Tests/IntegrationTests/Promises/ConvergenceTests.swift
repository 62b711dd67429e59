import Domain
import TestSupport
import Testing

extension BlackBox {
    /// Nothing is lost between the store and what people read, whoever dies on the way.
    @Suite("G4, G5: kill -9 of anything converges")
    struct Convergence {
        private static let specialty = "neurology"

        @Test(
            "G4, G5: relayers, projectors, Redis and the broker go down in a storm; models equal the store",
            arguments: SystemShape.allCases)
        func embedded(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                try await weather(system, broker: { try await system.restartBroker() })
                let bootstrap = try #require(system.folder.readBrokerAddress())
                try await StoreTruth.with(system.servers) { truth in
                    try await TopicSequences.expectDense(truth, from: bootstrap, fromOne: false)
                }
            }
        }

        @Test(
            "G4, G5: the same with a real Kafka whose broker is killed",
            .enabled(if: OwnKafka.isPresent, "skipped: there is no ../shared/engines/kafka-engine here"))
        func real() async throws {
            try await OwnKafka.with("convergence") { kafka in
                try await SystemUnderTest.with(.apart, kafka: kafka.bootstrap) { system in
                    try await weather(system) {
                        try await kafka.crash()
                        try await kafka.resume()
                    }
                    try await StoreTruth.with(system.servers) { truth in
                        try await TopicSequences.expectDense(truth, from: kafka.bootstrap, fromOne: true)
                    }
                }
            }
        }

        /// A storm of bookings while processes are killed and servers forget; then everything must agree.
        private func weather(
            _ system: SystemUnderTest, broker: @escaping @Sendable () async throws -> Void
        ) async throws {
            let staff = try system.caller()
            let practices = try await staff.openPractices(12, Practice(specialty: Self.specialty))
            let storm = Storm(system, practices: practices, patient: try await staff.registerPatient())
            try await storm.blow(callers: 6) {
                var random = SeededRandom(seed: storm.seed)
                for round in 0..<5 {
                    let role: ServedRole = round % 2 == 0 ? .relay : .projection
                    let victim = try #require(system.members(with: role).randomElement(using: &random))
                    try await system.crash([victim])
                    if round == 1 { try await system.servers.flushRedis() }
                    if round == 2 { try await broker() }
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...600, using: &random)))
                    try system.launch(victim)
                    try await Task.sleep(for: .milliseconds(Int.random(in: 300...1_500, using: &random)))
                }
            }
            for member in system.members { try await system.waitUntilReady(member) }
            let seed = "TEST_SEED=\(storm.seed)"
            #expect(storm.report.unexpected.isEmpty, "\(storm.report) \(seed)")
            try await StoreTruth.with(system.servers) { truth in
                try await ReadModels(staff, truth).converge(practices, specialty: Self.specialty)
                try await eventually("the outbox is drained", within: .seconds(20)) {
                    try await truth.count(truth.booking, "outbox_rows", "SELECT count(*) FROM outbox") == 0
                }
                try await StoreInvariants.expect(truth, "\(seed)")
            }
        }
    }
}
