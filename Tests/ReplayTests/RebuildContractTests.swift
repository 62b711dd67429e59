import AvailabilityProjection
import Domain
import EventStore
import Kafka
import Postgres
import Redis
import SearchProjection
import TestSupport
import Testing

@testable import ProjectionRunner
@testable import replay

/// What every model owes a rebuild, whatever it holds: one suite, run over each.
@Suite("G5, G7 the contract of a model that can be rebuilt", .serialized)
struct RebuildContractTests {
    /// A model, and how one thing of epoch 1 is spoiled behind its back.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let spoil: @Sendable (ReplayBed, History.Cell) async throws -> Void
    }

    static let cases = [
        Case(testDescription: "availability") { bed, cell in
            let bit = Int64(PageLayout.headerBytes * 8 + 24 + 20)
            let key = "av:1:{fr:\(cell.partition).0}:\(cell.day)"
            _ = try await bed.redis.call(RedisCommand("SETBIT", [.text(key), .int(bit), 1]))
        },
        Case(testDescription: "search") { bed, cell in
            try await bed.run(
                "UPDATE search_documents SET display_name = 'Dr. Nobody' WHERE practitioner_id = '\(cell.owner)'",
                in: bed.practitioners)
        },
    ]

    /// A bed with both models in epoch 1, and nobody at work.
    private func prepared(_ body: (ReplayBed, History) async throws -> Void) async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(12, in: .fr)
            for id in history.practitioners { try await history.book(id, slots: 0..<3, in: .fr) }
            try await bed.relay()
            try await bed.buildModels()
            try await body(bed, history)
        }
    }

    @Test("what is rebuilt is what the fold says, what is read back, and what live projection holds", arguments: cases)
    func equalsLive(_ example: Case) async throws {
        try await prepared { bed, history in
            try await bed.projecting {
                let visit = try await history.book(history.practitioners[0], slot: 5, in: .fr)
                let other = try await history.book(history.practitioners[1], slot: 6, in: .fr)
                try await history.cancel(visit)
                try await history.move(other, to: history.practitioners[2], slot: 7)
                try await history.append(
                    .deactivated(PractitionerDeactivated(practitionerID: history.practitioners[3], country: .fr)))
                try await history.register(2, in: .fr)
                try await bed.relay()
                // What search folds of free slots comes from the served pages: they must have all of it first.
                for model in Self.cases {
                    try await eventually("live projection of \(model) has all of it", within: .seconds(60)) {
                        let built = try await bed.model(model, 2).rebuild(try await bed.order(model))
                        return try await bed.digest(model, 1) == built.folded
                    }
                }
            }
            let built = try await bed.model(example, 2).rebuild(try await bed.order(example))
            #expect(built.map(\.partition) == Shard.all)
            #expect(try await bed.digest(example, 1) == built.folded)
            #expect(try await bed.digest(example, 2) == built.folded)
            #expect(built.reduce(0) { $0 + $1.count } == 14)
            let proved = await bed.replay("verify", "models", "--model", example.testDescription)
            #expect(proved.code == .success, "\(proved.answer)\(proved.complaint)")
        }
    }

    @Test("rebuilt twice it is the same, and stands where it stood", arguments: cases)
    func twice(_ example: Case) async throws {
        try await prepared { bed, _ in
            let model = bed.model(example, 2)
            let first = try await model.rebuild(try await bed.order(example))
            let between = try await bed.digest(example, 2)
            let second = try await model.rebuild(try await bed.order(example))
            #expect(first.folded == second.folded)
            #expect(between == second.folded)
            #expect(try await bed.digest(example, 2) == between)
            for (one, other) in zip(first, second) {
                #expect(one.checkpoint.positions == other.checkpoint.positions && one.count == other.count)
                let kept = try await model.checkpoint(of: one.partition)
                #expect(kept?.positions == one.checkpoint.positions)
            }
        }
    }

    @Test("neither a rebuild nor a shadow's tail tells anybody; the same events beside readers do", arguments: cases)
    func tellsNobody(_ example: Case) async throws {
        try await prepared { bed, history in
            // Epoch 1 has a publisher: what it tells nobody, nobody is told.
            let model = bed.model(example, 1)
            let before = try await bed.announced()
            let built = try await model.rebuild(try await bed.order(example))
            for id in history.practitioners { _ = try await history.book(id, slot: 8, in: .fr) }
            try await bed.relay()
            let shadow = ShadowModel(
                model: model, proof: ShadowProof(epoch: 1, revoke: { _ in }, report: { _ in }), epoch: 1,
                allowsUnreadable: true)
            for partition in built {
                guard let batch = try await bed.batch(example, partition.partition, after: partition.checkpoint) else {
                    continue
                }
                try await shadow.apply(batch)
                try await shadow.tick(
                    partition.partition,
                    ProjectionProgress(lagEvents: 0, caughtUpAt: nil, checkpoint: batch.checkpoint))
            }
            #expect(try await bed.announced() == before)

            for id in history.practitioners { _ = try await history.book(id, slot: 9, in: .fr) }
            try await bed.relay()
            for partition in Shard.all {
                guard let standing = try await model.checkpoint(of: partition),
                    let batch = try await bed.batch(example, partition, after: standing)
                else { continue }
                try await model.apply(batch)
            }
            let isTold = try await bed.announced() > before
            #expect(isTold == (example.testDescription == "availability"), "search has nobody to tell")
        }
    }

    @Test(
        "an event that it cannot read ends it by name; where that is allowed its practitioner waits", arguments: cases)
    func unreadable(_ example: Case) async throws {
        try await prepared { bed, history in
            let id = history.practitioners[4]
            try await history.appendUnreadableProfile(id, in: .fr, type: "PractitionerRegistered")
            try await bed.relay()
            let model = bed.model(example, 2)
            var order = try await bed.order(example)
            let refused = await #expect(throws: UnreadableHistory.self) { try await model.rebuild(order) }
            #expect(refused?.causes.map(\.practitioner) == [id])
            order = try await bed.order(example, allowsUnreadable: true)
            let built = try await model.rebuild(order)
            #expect(built.flatMap(\.unreadable).map(\.practitioner) == [id])
            #expect(try await bed.digest(example, 2) == built.folded)
        }
    }

    @Test("what comes again, however late, changes nothing", arguments: cases)
    func redelivered(_ example: Case) async throws {
        try await prepared { bed, _ in
            let model = bed.model(example, 2)
            let built = try await model.rebuild(try await bed.order(example))
            let nowhere = ProjectionCheckpoint(positions: [])
            var records = 0
            for partition in built {
                guard let all = try await bed.batch(example, partition.partition, after: nowhere) else { continue }
                records += all.records.count
                try await model.apply(all)
            }
            #expect(records > 0)
            #expect(try await bed.digest(example, 2) == built.folded)
        }
    }

    @Test("ended at any step, it is built whole by the next attempt", arguments: cases)
    func endedAnywhere(_ example: Case) async throws {
        struct Ended: Error {}
        try await prepared { bed, _ in
            let model = bed.model(example, 2)
            let live = try await bed.digest(example, 1)
            var steps = 0
            var wasEnded = true
            while wasEnded {
                let countdown = Countdown(steps)
                do {
                    _ = try await model.rebuild(
                        try await bed.order(example) { _ in if await countdown.isOver() { throw Ended() } })
                    wasEnded = false
                } catch is Ended {
                    steps += 1
                    // Half of it may be there, of this attempt or of the one before.
                    let built = try await model.rebuild(try await bed.order(example))
                    #expect(built.folded == live)
                    #expect(try await bed.digest(example, 2) == live, "after an end at step \(steps)")
                }
            }
            #expect(steps > 2, "it asks whether it may go on")
        }
    }

    @Test("one thing that is changed behind its back changes its digest", arguments: cases)
    func flipped(_ example: Case) async throws {
        try await prepared { bed, history in
            let before = try await bed.digest(example, 1)
            try await example.spoil(bed, history.firstCell)
            let after = try await bed.digest(example, 1)
            #expect(after != before && after.count == before.count)
            let built = try await bed.model(example, 2).rebuild(try await bed.order(example))
            #expect(built.folded != after, "no fold of the stores says so")
            #expect(try await bed.digest(example, 2) == built.folded)
        }
    }
}

/// Says at one of its questions that it is over.
private actor Countdown {
    private var left: Int

    init(_ questions: Int) { left = questions }

    func isOver() -> Bool {
        left -= 1
        return left < 0
    }
}

extension History {
    /// A practitioner with the place that it has in the pages.
    struct Cell: Sendable {
        let owner: PractitionerID
        let partition: Int
        let day: LocalDate
    }

    /// The first cell of somebody's partition.
    var firstCell: Cell {
        let partition = Int(KafkaPartitioner.partition(of: practitioners[0]))
        return Cell(owner: practitioners[0], partition: partition, day: day)
    }
}

extension [RebuiltPartition] {
    fileprivate var folded: ModelDigest { reduce(into: ModelDigest()) { $0.add($1.folded) } }
}

extension ReplayBed {
    fileprivate func model(_ example: RebuildContractTests.Case, _ epoch: Int64) -> any RebuildableModel {
        example.testDescription == "availability" ? availability(epoch) : search(epoch)
    }

    fileprivate func digest(_ example: RebuildContractTests.Case, _ epoch: Int64) async throws -> ModelDigest {
        var digest = ModelDigest()
        for shard in Shard.all { digest.add(try await model(example, epoch).digest(of: shard)) }
        return digest
    }

    /// An order of all partitions, with the ends of the log as they are.
    fileprivate func order(
        _ example: RebuildContractTests.Case, allowsUnreadable: Bool = false,
        pace: @escaping @Sendable (RebuildOrder.Progress) async throws -> Void = { _ in }
    ) async throws -> RebuildOrder {
        let log = try LogCoverage(broker.settings, sequenced: [.bookingEvents, .practitionerEvents])
        var ends: [Shard: LogEnds] = [:]
        for shard in Shard.all {
            for topic in model(example, 1).topics {
                ends[shard, default: [:]][topic] = try await log.watermarks(of: topic, shard).high
            }
        }
        return RebuildOrder(Shard.all, ends: ends, allowsUnreadable: allowsUnreadable, pace: pace)
    }

    /// How many changes of availability were ever published.
    fileprivate func announced() async throws -> Int64 {
        let log = try LogCoverage(broker.settings, sequenced: [])
        var count: Int64 = 0
        for shard in Shard.all { count += try await log.watermarks(of: .availabilityEvents, shard).high }
        return count
    }

    /// What the stores have after a place, as a lane would get it; nil where that is nothing.
    fileprivate func batch(
        _ example: RebuildContractTests.Case, _ partition: Shard, after place: ProjectionCheckpoint
    ) async throws -> ProjectionBatch? {
        let topics = model(example, 1).topics
        var records: [ProjectionRecord] = []
        var reached = place
        for (topic, pool) in [(Topic.bookingEvents, bookings), (.practitionerEvents, practitioners)] {
            guard topics.contains(topic) else { continue }
            let found = try await EventReader(pool).positions(of: partition, after: place[topic].sequence)
            guard let last = found.last else { continue }
            records += found.map { ProjectionRecord($0, topic: topic) }
            reached.set(TopicPosition(topic: topic, sequence: last.position, nextOffset: place[topic].nextOffset))
        }
        if records.isEmpty { return nil }
        return ProjectionBatch(partition: partition, records: records, previous: place, checkpoint: reached)
    }
}
