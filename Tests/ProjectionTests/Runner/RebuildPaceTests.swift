import Domain
import EventStore
import Synchronization
import TestSupport
import Testing

@testable import ProjectionRunner

/// A rebuild that steps back while others are behind, told by sources that a test moves.
@Suite("the pace of a rebuild")
struct RebuildPaceTests {
    /// Where the store and the served model stand, and how long the outbox has waited.
    private final class World: Sendable {
        struct State {
            var head: Int64 = 10
            var reached: Int64? = 10
            var outbox: Duration = .zero
        }

        let state = Mutex(State())

        var sources: RebuildPace.Sources {
            RebuildPace.Sources(
                heads: { [.bookingEvents: Shard.all.map { _ in self.state.withLock(\.head) }] },
                served: { _ in
                    self.state.withLock(\.reached).map {
                        ProjectionCheckpoint(positions: [TopicPosition(topic: .bookingEvents, sequence: $0)])
                    }
                },
                outboxAge: { self.state.withLock(\.outbox) })
        }
    }

    private func watching(
        _ world: World, lagMax: Duration?, _ body: (RebuildPace) async throws -> Void
    ) async throws {
        let pace = RebuildPace(world.sources, lagMax: lagMax)
        let watching = Task { await pace.watch() }
        defer { watching.cancel() }
        try await body(pace)
    }

    @Test("nobody is behind: nothing is held back")
    func goesOn() async throws {
        try await watching(World(), lagMax: .milliseconds(250)) { pace in
            for _ in 0..<20 { try await pace.wait() }
            #expect(pace.summary.worst == .zero && pace.summary.held == .zero)
        }
    }

    @Test("a model that does not take in what the store has: waits until it has, and says how far behind it was")
    func waitsForTheModel() async throws {
        let world = World()
        try await watching(world, lagMax: .milliseconds(1)) { pace in
            world.state.withLock { $0.head = 11 }
            try await eventually("it is seen") { pace.summary.worst > .milliseconds(1) }
            let begun = Mutex(false)
            let waiting = Task {
                begun.withLock { $0 = true }
                try await pace.wait()
            }
            try await eventually("it waits") { begun.withLock(\.self) }
            let before = pace.summary.worst
            try await eventually("it is further behind") { pace.summary.worst > before + .milliseconds(200) }
            world.state.withLock { $0.reached = 11 }
            try await waiting.value
            #expect(pace.summary.held > .zero)
            let held = pace.summary.held
            try await eventually("nobody is behind any more") {
                let begun = ContinuousClock.now
                try await pace.wait()
                return begun.duration(to: .now) < .milliseconds(20)
            }
            #expect(pace.summary.worst >= .milliseconds(200) && pace.summary.held >= held)
        }
    }

    @Test("the relay is behind for good: gives up waiting, for its snapshot slows the relay, too")
    func givesUp() async throws {
        let world = World()
        world.state.withLock { $0.outbox = .seconds(60) }
        try await watching(world, lagMax: .milliseconds(250)) { pace in
            try await eventually("it is seen") { pace.summary.worst == .seconds(60) }
            try await pace.wait()
            #expect(pace.summary.held >= .seconds(2))
        }
    }

    @Test("switched off it waits for nobody, and still says how far behind they were")
    func off() async throws {
        let world = World()
        world.state.withLock { $0.outbox = .seconds(60) }
        try await watching(world, lagMax: nil) { pace in
            try await eventually("it is seen") { pace.summary.worst == .seconds(60) }
            try await pace.wait()
            #expect(pace.summary.held == .zero)
        }
    }

    @Test("a model without a checkpoint is behind nobody")
    func withoutACheckpoint() async throws {
        let world = World()
        world.state.withLock { ($0.reached, $0.head, $0.outbox) = (nil, 1_000, .milliseconds(1)) }
        try await watching(world, lagMax: .milliseconds(10)) { pace in
            try await eventually("it was looked at") { pace.summary.worst == .milliseconds(1) }
            world.state.withLock { $0.outbox = .milliseconds(2) }
            try await eventually("it was looked at again") { pace.summary.worst == .milliseconds(2) }
            try await pace.wait()
            #expect(pace.summary.held == .zero)
        }
    }

    @Test("a look that fails says nothing")
    func failingLooks() async throws {
        let looks = Mutex(0)
        let failing = RebuildPace.Sources(
            heads: {
                looks.withLock { $0 += 1 }
                throw CancellationError()
            }, served: { _ in nil }, outboxAge: { .seconds(60) })
        let pace = RebuildPace(failing, lagMax: .milliseconds(1))
        let watching = Task { await pace.watch() }
        defer { watching.cancel() }
        try await eventually("it was looked at") { looks.withLock { $0 } > 2 }
        #expect(pace.summary.worst == .zero)
    }

    @Test("whoever is cancelled does not wait")
    func cancelled() async throws {
        let world = World()
        world.state.withLock { $0.outbox = .seconds(60) }
        try await watching(world, lagMax: .milliseconds(1)) { pace in
            try await eventually("it is seen") { pace.summary.worst == .seconds(60) }
            let waiting = Task { try await pace.wait() }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }
}
