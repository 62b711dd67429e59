import TestSupport
import Testing

/// One running system a shape, shared by the suites that leave it working behind them.
actor SharedSystems {
    @TaskLocal static var current: SharedSystems?

    private var systems: [SystemShape: SystemUnderTest] = [:]
    private var hasFailed = false

    /// The system of a shape; started for the first who asks.
    func lend(_ shape: SystemShape) async throws -> SystemUnderTest {
        if let system = systems[shape] { return system }
        let system = try await SystemUnderTest.start(shape)
        systems[shape] = system
        return system
    }

    func noteFailure() { hasFailed = true }

    func stopAll() async {
        for system in systems.values { await system.stop(keepingLogs: hasFailed) }
        systems = [:]
    }
}

/// Runs `body` on the shared system of a shape; a failure carries the ends of the logs.
func withSystem(_ shape: SystemShape, _ body: (SystemUnderTest) async throws -> Void) async throws {
    let shared = try #require(SharedSystems.current, "the suite stands outside of BlackBox")
    let system = try await shared.lend(shape)
    do {
        try await body(system)
    } catch {
        await shared.noteFailure()
        throw await system.failed(error)
    }
}

/// Stops the shared systems when the last test of the suite is over.
struct SharedSystemsTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let systems = SharedSystems()
        do {
            try await SharedSystems.$current.withValue(systems) { try await function() }
            await systems.stopAll()
        } catch {
            await systems.stopAll()
            throw error
        }
    }
}

/// The system seen from outside.
///
/// One test after the other: they kill and flush what they share.
@Suite("The system from outside", .serialized, SharedSystemsTrait())
struct BlackBox {}
