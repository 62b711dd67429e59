import Domain
import EventStore
import Kafka
import Observability

/// What the lanes of a runner share.
struct LaneContext: Sendable {
    let model: any ProjectionModel
    /// Where topics with sequences come from.
    let stores: [Topic: EventReader]
    let probe: LogProbe
    let log: Log
    let metrics: ProjectionMetrics
    let clock: any WallClock
    /// The largest batch.
    let recordsMax: Int
    /// Nil where nobody wants to know of records that belong to nobody.
    let foreign: ForeignRecords?
}

/// The life of one partition: find out where to start, follow the log, judge holes, build anew, stop.
struct LaneLoop {
    /// Ends `flow` where the partition must find its start again.
    private struct StartAgain: Error {}
    private struct Stopped: Error {
        let reason: StopReason
    }

    /// How many of the missing positions are looked for in the store; if so many are there, the others are.
    private static let judgedMax: Int64 = 1_000

    private let context: LaneContext
    private let partition: Shard
    private let inbox: LaneInbox
    private let metrics: ProjectionMetrics.Lane
    private let log: Log
    private let seek: @Sendable ([Topic: Int64]) async throws -> Void
    private let report: @Sendable (PartitionLane.Report) -> Void

    private var gate: SequenceGate
    private var offsets = OffsetGate()
    private var rebuild: BaselineReason?
    private var caughtUpAt: Instant?
    private var lagEvents: Int64?
    private var backoff = Backoff()

    /// - Parameters:
    ///   - context: What all lanes share.
    ///   - partition: Whose life this is.
    ///   - inbox: Where records come from.
    ///   - seek: Puts the consumer to these offsets and opens the inbox.
    ///   - report: Tells what the partition is doing.
    init(
        _ context: LaneContext, partition: Shard, inbox: LaneInbox,
        seek: @escaping @Sendable ([Topic: Int64]) async throws -> Void,
        report: @escaping @Sendable (PartitionLane.Report) -> Void
    ) {
        self.context = context
        self.partition = partition
        self.inbox = inbox
        self.seek = seek
        self.report = report
        metrics = context.metrics.lane(context.model.name, partition: partition.number)
        log = context.log.with([.model: .code(context.model.name), .partition: .count(partition.number)])
        gate = SequenceGate(ProjectionCheckpoint(positions: []), sequenced: [])
    }

    /// Lives until the inbox is closed.
    mutating func run() async {
        while !inbox.isClosed {
            do {
                try await start()
                tell(.flowing)
                try await flow()
            } catch {
                await recover(from: error)
            }
        }
        metrics.stopped.set(0)
        await context.model.released(partition)
    }

    private mutating func recover(from error: any Error) async {
        inbox.shut()
        switch error {
        case is CancellationError: break
        case is StartAgain: try? await pause(backoff.delay())
        case let stopped as Stopped: await stand(stopped.reason)
        case ProjectionFault.modelLost:
            rebuild = .modelLost
            try? await pause(backoff.delay())
        default:
            tell(.retrying("\(error)"))
            log.warning("projection tries again", [.error: .error(error)])
            try? await pause(backoff.delay())
        }
    }

    private func stand(_ reason: StopReason) async {
        tell(.stopped(reason))
        metrics.stopped.set(1)
        log.error("projection stopped", [.reason: .code(reason.code), .state: .setting("\(reason)")])
        await inbox.untilClosed()
    }

    // MARK: starting

    private mutating func start() async throws {
        inbox.shut()
        lagEvents = nil  // what lay ahead of the reader says nothing of where it starts now
        tell(.starting)
        let topics = context.model.topics
        guard rebuild == nil, let checkpoint = try await context.model.checkpoint(of: partition) else {
            return try await build(rebuild ?? .neverBuilt)
        }
        var heads: [Topic: TopicHead] = [:]  // read before the log, so that what is acknowledged must be in it
        for (topic, store) in context.stores {
            let head = try await store.heads()[partition.number]
            heads[topic] = TopicHead(stamped: head.stamped, acknowledged: head.acknowledged)
        }
        let logs = try await context.probe.look(at: partition, checkpoint, topics)
        switch StartJudge.judge(checkpoint, logs: logs, heads: heads) {
        case .resume(let starts):
            gate = SequenceGate(checkpoint, sequenced: Set(context.stores.keys))
            offsets.start(at: starts)
            try await seek(starts)
        case .baseline(let reason): try await build(reason)
        case .stop(let reason): throw Stopped(reason: reason)
        }
    }

    /// The order is DESIGN's: first the ends of the log, then the snapshots, then the log from those ends on.
    private mutating func build(_ reason: BaselineReason) async throws {
        tell(.building)
        log.info("projection takes a baseline", [.reason: .code(reason)])
        metrics.baselines.increment()
        let begun = ContinuousClock.now
        let ends = try await context.probe.ends(of: partition, context.model.topics)
        let checkpoint = try await context.model.takeBaseline(of: partition, ends: ends)
        log.info("projection has its baseline", [.duration: .duration(begun.duration(to: .now))])
        gate = SequenceGate(checkpoint, sequenced: Set(context.stores.keys))
        offsets.start(at: ends.offsets)
        rebuild = nil
        try await seek(ends.offsets)
    }

    // MARK: flowing

    private mutating func flow() async throws {
        while let delivery = await inbox.take(max: context.recordsMax) {
            if delivery.isOutOfRange {
                log.warning("the log does not have the next record any more")
                throw StartAgain()
            }
            if !delivery.arrivals.isEmpty { try await take(delivery.arrivals) }
            if let marks = delivery.marks { try await tick(marks) }
        }
    }

    private mutating func take(_ arrivals: [LaneInbox.Arrival]) async throws {
        var records: [ProjectionRecord] = []
        records.reserveCapacity(arrivals.count)
        var foreign: [LaneInbox.Arrival] = []
        let (next, earlier, hole) = contiguous(arrivals)
        for arrival in next {
            let isSequenced = context.stores[arrival.topic] != nil
            if let record = try? ProjectionRecord(arrival.record, topic: arrival.topic, isSequenced: isSequenced) {
                records.append(record)
            } else {
                foreign.append(arrival)
            }
        }
        let before = gate
        let passage = gate.pass(records)
        // applied + filtered = range scanned: nothing is passed over in silence. What lies behind a jump was not
        // scanned: it is read again once the jump is judged. That the accepted are exactly what lies between the
        // checkpoints `ProjectionBatch` asserts; what waits in quarantine the model counts by the same rule.
        precondition(passage.accepted.count + passage.duplicates + passage.unseen + foreign.count == next.count)
        metrics.duplicates.increment(by: passage.duplicates + earlier)
        await note(foreign)
        if !passage.accepted.isEmpty { try await apply(passage.accepted, from: before.checkpoint, to: gate.checkpoint) }
        if let jump = passage.jump { try await judge(jump) }
        if let (topic, missing) = hole {
            log.warning(
                "the log is read again, as records were missing",
                [.topic: .code(topic), .offset: .int(missing.lowerBound), .count: .count(missing.count)])
            throw StartAgain()
        }
    }

    /// What of some arrivals follows what was read, up to the first hole.
    private mutating func contiguous(
        _ arrivals: [LaneInbox.Arrival]
    ) -> (next: [LaneInbox.Arrival], earlier: Int, hole: (Topic, Range<Int64>)?) {
        var next: [LaneInbox.Arrival] = []
        next.reserveCapacity(arrivals.count)
        var earlier = 0
        for arrival in arrivals {
            switch offsets.pass(arrival.record.offset, of: arrival.topic) {
            case .next: next.append(arrival)
            case .earlier: earlier += 1
            case .hole(let missing): return (next, earlier, (arrival.topic, missing))
            }
        }
        return (next, earlier, nil)
    }

    /// Records that belong to nobody stop nothing; it is recorded where they are.
    private func note(_ foreign: [LaneInbox.Arrival]) async {
        if foreign.isEmpty { return }
        metrics.foreign.increment(by: foreign.count)
        log.warning("records that are no events of ours were skipped", [.count: .count(foreign.count)])
        context.foreign?.add(foreign, partition)
        await context.foreign?.write(context.model.name, partition)
    }

    private mutating func apply(
        _ records: [ProjectionRecord], from previous: ProjectionCheckpoint, to checkpoint: ProjectionCheckpoint
    ) async throws {
        let batch = ProjectionBatch(
            partition: partition, records: records, previous: previous, checkpoint: checkpoint)
        let begun = ContinuousClock.now
        while true {
            do {
                try await context.model.apply(batch)
                break
            } catch let fault as ProjectionFault {
                throw fault
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                tell(.retrying("\(error)"))
                log.warning("projection tries a batch again", [.count: .count(records.count), .error: .error(error)])
                try await pause(backoff.delay())
            }
        }
        backoff.reset()
        tell(.flowing)
        metrics.applied.increment(by: records.count)
        metrics.batches.increment()
        metrics.duration.observe(begun.duration(to: .now))
        if let asOf = checkpoint.asOf { metrics.lastApplied.set(Double(asOf.microseconds) / 1_000_000) }
    }

    /// A jump is judged with the store at hand: what it has can be fetched by a baseline, what it lacks is lost.
    private mutating func judge(_ jump: SequenceGate.Jump) async throws {
        guard let store = context.stores[jump.topic] else {
            preconditionFailure("a topic without a store has no order")
        }
        log.warning(
            "the log jumps",
            [
                .topic: .code(jump.topic), .expectedPosition: .int(jump.expected), .position: .int(jump.found),
            ])
        let wanted = min(jump.found - jump.expected, Self.judgedMax)
        do {
            let found = try await store.positions(of: partition, after: jump.expected - 1, limit: Int(wanted)).count
            guard found == wanted else {
                throw Stopped(reason: .hole(jump.topic, expected: jump.expected + Int64(found)))
            }
        } catch EventStoreError.hole(_, let expected) {
            throw Stopped(reason: .hole(jump.topic, expected: expected))
        }
        rebuild = .logLacksEvents
        throw StartAgain()
    }

    private mutating func tick(_ marks: LaneInbox.Marks) async throws {
        lagEvents = marks.highs.map { offsets.lag(behind: $0) }
        if lagEvents == 0 { caughtUpAt = marks.takenAt }
        // Under steady load there is always something on the way; what was applied last says how far we are.
        let newest = gate.checkpoint.asOf.map { min($0, marks.takenAt) }
        if let newest { caughtUpAt = max(caughtUpAt ?? newest, newest) }
        if let lagEvents { metrics.lagEvents.set(lagEvents) }
        if let caughtUpAt {
            metrics.lagSeconds.set(Double(marks.takenAt.microseconds - caughtUpAt.microseconds) / 1_000_000)
        }
        metrics.quarantined.set(context.model.quarantined(in: partition))
        await context.foreign?.write(context.model.name, partition)
        tell(.flowing)
        do {
            try await context.model.tick(
                partition,
                ProjectionProgress(lagEvents: lagEvents, caughtUpAt: caughtUpAt, checkpoint: gate.checkpoint))
            backoff.reset()
        } catch let fault as ProjectionFault {
            throw fault
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            tell(.retrying("\(error)"))
            log.warning("the projection's heartbeat failed", [.error: .error(error)])
        }
    }

    private func tell(_ state: ProjectionHealth.State) {
        report(PartitionLane.Report(state: state, lagEvents: lagEvents, isPastStart: offsets.isPastStart))
    }

    /// Sleeps, but not past the moment at which the partition is taken away.
    private func pause(_ duration: Duration) async throws {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {
            if inbox.isClosed { throw CancellationError() }
            try await Task.sleep(for: min(.milliseconds(50), ContinuousClock.now.duration(to: end)))
        }
    }
}
