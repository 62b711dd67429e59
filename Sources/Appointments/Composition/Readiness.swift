import Configuration
import Domain
import Gateway
import Kafka
import Postgres
import Redis

/// Asks each dependency of the process whether it answers.
struct Readiness: ReadinessProbe {
    /// One question: nil where all is well, else why not, for operators.
    struct Check: Sendable {
        let name: String
        let isRequired: Bool
        let fault: @Sendable () async -> String?
    }

    let checks: [Check]

    /// A dependency that does not answer within this is not ready.
    private static let patience = Duration.seconds(1)

    func dependencies() async -> [DependencyState] {
        await withTaskGroup(of: (Int, DependencyState).self) { group in
            for (index, check) in checks.enumerated() {
                group.addTask { (index, await Self.state(check)) }
            }
            var states: [(Int, DependencyState)] = []
            for await state in group { states.append(state) }
            return states.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static func state(_ check: Check) async -> DependencyState {
        let fault = await answer(check)
        return DependencyState(
            name: check.name, isReady: fault == nil, isRequired: check.isRequired, detail: fault)
    }

    /// The first of the check's answer and the end of patience.
    ///
    /// Not a task group: that would wait for the check that lost, which a frozen server holds for as long as it is.
    private static func answer(_ check: Check) async -> String? {
        let (answers, continuation) = AsyncStream.makeStream(of: String?.self, bufferingPolicy: .bufferingOldest(1))
        let asking = Task { continuation.yield(await check.fault()) }
        let waiting = Task {
            try await Task.sleep(for: patience)
            continuation.yield("no answer within a second")
        }
        defer {
            asking.cancel()
            waiting.cancel()
        }
        for await answer in answers { return answer }
        return "no answer"
    }
}

extension Readiness.Check {
    private static let probe = SQLStatement(name: "readiness_probe", text: "SELECT 1")

    static func database(_ name: String, _ pool: PGPool) -> Self {
        Self(name: name, isRequired: true) {
            do {
                _ = try await pool.query(probe)
                return nil
            } catch {
                return "\(error)"
            }
        }
    }

    static func redis(_ client: RedisClient) -> Self {
        Self(name: "redis", isRequired: false) {
            do throws(RedisError) {
                _ = try await client.call(RedisCommand("PING", []))
                return nil
            } catch {
                return "\(error)"
            }
        }
    }

    /// A partition that stands still needs an operator, but what is served is still right, or says that it is unknown.
    static func projections(_ work: BackgroundWork) -> Self {
        Self(name: "projections", isRequired: false) { work.fault }
    }

    /// A history that was altered needs an auditor, but bookings go on.
    static func history(_ seals: HistorySeals) -> Self {
        Self(name: "history", isRequired: false) { seals.fault }
    }

    /// Bookings go on without the broker, so a process without it is still of use.
    static func kafka(_ connection: KafkaConnection) -> Self {
        Self(name: "kafka", isRequired: false) {
            do {
                let admin = try KafkaAdmin(connection.settings(), clientID: "readiness")
                return await admin.isReachable(within: .milliseconds(800)) ? nil : "no broker answers"
            } catch {
                return "\(error)"
            }
        }
    }
}
