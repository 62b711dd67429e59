import AvailabilityProjection
import Configuration
import Domain
import EventStore
import Kafka
import Observability
import Redis
import Synchronization
import TestSupport
import Testing

@testable import ProjectionRunner
@testable import replay

/// What happens to an epoch between its fold and the swap: whatever harms it is seen, and it is never served.
@Suite("G7 a shadow that is not what the fold says", .serialized)
struct ShadowProofTests {
    private func prepared(_ body: (ReplayBed, History) async throws -> Void) async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(8, in: .fr)
            for id in history.practitioners { try await history.book(id, slots: 0..<2, in: .fr) }
            try await bed.relay()
            try await bed.buildModels()
            try await body(bed, history)
        }
    }

    private func engine(
        _ bed: ReplayBed, _ allowsUnreadable: Bool = false,
        report: @escaping @Sendable (RebuildStep) -> Void = { _ in },
        _ make: @escaping @Sendable (Int64) -> any RebuildableModel
    ) -> RebuildEngine {
        let broker = bed.broker
        let parts = RebuildEngine.Parts(
            model: "availability", pool: bed.practitioners,
            stores: [
                .bookingEvents: EventReader(bed.bookings), .practitionerEvents: EventReader(bed.practitioners),
            ], kafka: { broker.settings }, owner: "test", log: .silent, clock: SystemClock(), make: make)
        var options = RebuildEngine.Options()
        options.allowsUnreadable = allowsUnreadable
        let idle = RebuildPace.Sources(heads: { [:] }, served: { _ in nil }, outboxAge: { .zero })
        return RebuildEngine(parts, options, pace: RebuildPace(idle, lagMax: nil), report: report)
    }

    private func firstPartition(_ history: History) -> Int {
        Int(KafkaPartitioner.partition(of: history.practitioners[0]))
    }

    @Test("a bit that changed after it was written: the epoch is given up, exit code 1, and no swap takes it")
    func flippedAfterTheBaseline() async throws {
        try await prepared { bed, history in
            let day = history.day
            let partition = firstPartition(history)
            let redis = bed.redis
            let engine = engine(bed) { epoch in
                WrappedModel(
                    bed.availability(epoch),
                    afterRebuild: { _ in
                        try await Self.flip(redis, "av:\(epoch):{fr:\(partition).0}:\(day)")
                    })
            }
            let begun = try await engine.begin(source: "a test")
            let fault = await #expect(throws: RebuildFault.self) { try await engine.run(begun) }
            guard case .digestsDiffer = fault else { return #expect(Bool(false), "\(String(describing: fault))") }
            try await isGivenUp(bed, fault)
        }
    }

    @Test("the same in a partition that was taken again while the log was followed")
    func flippedWhileTailing() async throws {
        try await prepared { bed, history in
            let (day, partition) = (history.day, firstPartition(history))
            let (redis, emptied) = (bed.redis, Once())
            let engine = engine(bed) { epoch in
                WrappedModel(
                    bed.availability(epoch),
                    afterRebuild: { partitions in
                        guard partitions.count == 1 else { return }
                        try await Self.flip(redis, "av:\(epoch):{fr:\(partition).0}:\(day)")
                    },
                    beforeCheckpoint: { shard in
                        guard shard.number == partition, emptied.first() else { return }
                        try await Self.empty(redis, epoch, partition)
                    })
            }
            let begun = try await engine.begin(source: "a test")
            let fault = await #expect(throws: RebuildFault.self) { try await engine.run(begun) }
            guard case .digestsDiffer = fault else { return #expect(Bool(false), "\(String(describing: fault))") }
            try await isGivenUp(bed, fault)
        }
    }

    @Test("the shadow's pages are emptied while the log is followed: taken again, proved again, and said")
    func emptiedWhileTailing() async throws {
        try await prepared { bed, history in
            let (redis, emptied, steps) = (bed.redis, Once(), Steps())
            let partition = firstPartition(history)
            try await bed.projecting {
                let engine = engine(bed, report: { steps.note($0) }) { epoch in
                    WrappedModel(
                        bed.availability(epoch),
                        beforeCheckpoint: { shard in
                            guard shard.number == partition, emptied.first() else { return }
                            try await Self.empty(redis, epoch, partition)
                        })
                }
                let outcome = try await engine.run(try await engine.begin(source: "a test"))
                #expect(outcome.retaken.contains { $0.partition.number == partition && $0.reason == .lost })
                #expect(Set(steps.retaken) == Set(outcome.retaken))
                let record = try #require(try await EpochRegistry(bed.practitioners).epochs(of: "availability")[2])
                #expect(record.isProved && record.state == .ready && record.heldDigest == outcome.heldDigest)
                #expect(record.heldDigest?.contains("partition \(partition) again ") == true)
                let swapped = await bed.replay("swap", "--model", "availability")
                #expect(swapped.code == .success, "\(swapped.complaint)")
                let proved = await bed.replay("verify", "models", "--model", "availability")
                #expect(proved.code == .success, "\(proved.answer)\(proved.complaint)")
            }
        }
    }

    @Test("left while a partition was taken again, it counts as not proved and is folded again by whoever resumes it")
    func leftUnproved() async throws {
        try await prepared { bed, history in
            let registry = EpochRegistry(bed.practitioners)
            let (redis, emptied, partition) = (bed.redis, Once(), firstPartition(history))
            let broken = engine(bed) { epoch in
                WrappedModel(
                    bed.availability(epoch),
                    afterRebuild: { partitions in
                        if partitions.count == 1 { throw Harm() }
                    },
                    beforeCheckpoint: { shard in
                        guard shard.number == partition, emptied.first() else { return }
                        try await Self.empty(redis, epoch, partition)
                    })
            }
            let begun = try await broken.begin(source: "a test")
            let running = Task { try await broken.run(begun) }
            try await eventually("it counts as not proved", within: .seconds(60)) {
                let record = try await registry.epochs(of: "availability")[2]
                return record?.state == .tailing && record?.heldDigest != nil && record?.isProved == false
            }
            running.cancel()
            _ = await running.result
            try await bed.projecting {
                let again = engine(bed) { bed.availability($0) }
                let outcome = try await again.run(try await again.resume(2))
                #expect(outcome.events > 0, "everything was folded again")
                let record = try #require(try await registry.epochs(of: "availability")[2])
                #expect(record.isProved && record.state == .ready)
            }
        }
    }

    @Test("pages that are gone when they are read back are folded again; three times gone is told, and resumable")
    func emptiedWhileBuilding() async throws {
        try await prepared { bed, history in
            let (redis, times, partition) = (bed.redis, Once(), firstPartition(history))
            let steps = Steps()
            let hopeless = engine(bed, report: { steps.note($0) }) { epoch in
                WrappedModel(
                    bed.availability(epoch), afterRebuild: { _ in try await Self.empty(redis, epoch, partition) })
            }
            let begun = try await hopeless.begin(source: "a test")
            await #expect(throws: RebuildFault.lost(epoch: 2)) { try await hopeless.run(begun) }
            #expect(steps.foldings == 2)
            try await bed.projecting {
                let once = engine(bed) { epoch in
                    WrappedModel(
                        bed.availability(epoch),
                        afterRebuild: { _ in
                            if times.first() { try await Self.empty(redis, epoch, partition) }
                        })
                }
                let outcome = try await once.run(try await once.resume(2))
                #expect(outcome.heldDigest != nil && outcome.heldDigest == outcome.foldedDigest)
            }
            let captured = CapturedConsole()
            let told = try rebuildRun(bed, captured)
            #expect(throws: Unreachable.self) { try told.end(.lost(epoch: 2)) }
            #expect(captured.complaint.contains("--resume"))
        }
    }

    @Test("somebody who was met unreadable while the log was followed is named, and may wait where that was allowed")
    func unreadableWhileTailing() async throws {
        try await prepared { bed, history in
            let once = Once()
            let id = history.practitioners[1]
            try await history.appendUnreadable(id, in: .fr)
            let engine = engine(bed) { epoch in
                WrappedModel(
                    bed.availability(epoch),
                    beforeCheckpoint: { _ in
                        // Published only now: the baseline did not see it, the lanes do.
                        if once.first() { try await bed.relay() }
                    })
            }
            let begun = try await engine.begin(source: "a test")
            let fault = await #expect(throws: RebuildFault.self) { try await engine.run(begun) }
            guard case .unreadable(2, let causes) = fault else {
                return #expect(Bool(false), "\(String(describing: fault))")
            }
            #expect(causes.map(\.practitioner) == [id])
            try await bed.projecting {
                let lenient = self.engine(bed, true) { bed.availability($0) }
                let outcome = try await lenient.run(try await lenient.resume(2))
                #expect(outcome.unreadable.map(\.practitioner) == [id])
            }
        }
    }

    // MARK: parts

    private func isGivenUp(_ bed: ReplayBed, _ fault: RebuildFault?) async throws {
        let record = try #require(try await EpochRegistry(bed.practitioners).epochs(of: "availability")[2])
        #expect(record.state == .failed)
        let swap = await bed.replay("swap", "--model", "availability", "--epoch", "2")
        #expect(swap.code == .refused && swap.complaint.contains("epoch 2 is failed"), "\(swap.complaint)")
        let captured = CapturedConsole()
        let code = try rebuildRun(bed, captured).end(try #require(fault))
        #expect(code == .differs && captured.complaint.contains("it is given up"))
    }

    private func rebuildRun(_ bed: ReplayBed, _ captured: CapturedConsole) throws -> RebuildRun {
        var arguments = ArgumentReader(["--model", "availability"][...])
        return RebuildRun(
            model: .availability, command: try RebuildCommand(&arguments),
            connections: try Connections(bed.environment), actor: OperationActor(role: "operator", subject: "test"),
            console: captured.console)
    }

    private static func flip(_ redis: RedisClient, _ key: String) async throws {
        let bit = Int64(PageLayout.headerBytes * 8 + 3)
        let before = try await redis.call(RedisCommand("GETBIT", [.text(key), .int(bit)])).integer
        _ = try await redis.call(RedisCommand("SETBIT", [.text(key), .int(bit), .int(before == 1 ? 0 : 1)]))
    }

    /// Deletes everything that Redis has of one partition of an epoch.
    private static func empty(_ redis: RedisClient, _ epoch: Int64, _ partition: Int) async throws {
        for pattern in ["av:\(epoch):{checkpoint.\(partition)}", "av:\(epoch):{fr:\(partition).*"] {
            let keys = try await redis.call(RedisCommand("KEYS", [.text(pattern)])).array ?? []
            for key in keys.compactMap(\.bytes) {
                _ = try await redis.call(RedisCommand("UNLINK", [.text(String(decoding: key, as: UTF8.self))]))
            }
        }
    }
}

/// Stands for any server that is away.
private struct Harm: Error {}

/// What a rebuild has told.
private final class Steps: Sendable {
    private let seen = Mutex<[RebuildStep]>([])

    func note(_ step: RebuildStep) { seen.withLock { $0.append(step) } }

    var retaken: [RetakenPartition] {
        seen.withLock { steps in
            steps.compactMap { step in
                if case .retaken(let partition) = step { partition } else { nil }
            }
        }
    }

    var foldings: Int {
        seen.withLock { steps in
            steps.count { step in
                if case .foldingAgain = step { true } else { false }
            }
        }
    }
}
