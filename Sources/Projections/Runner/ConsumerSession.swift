import Domain
import EventStore
import Kafka
import Observability
import Synchronization

/// The life of one consumer: it ends, by an error, when the consumer does or when the brokers have moved.
final class ConsumerSession: Sendable {
    /// The brokers are somewhere else now.
    struct BrokersMoved: Error {}

    private static let pollTimeout: Duration = .milliseconds(50)
    private static let addressInterval: Duration = .milliseconds(500)
    /// Records that may wait for one lane before reading waits for it.
    private static let waitingMax = 20_000
    /// How long reading of all partitions waits for the slowest lane before that one is paused alone.
    private static let patience: Duration = .seconds(1)

    private struct State {
        var lanes: [Shard: PartitionLane] = [:]
        /// Not read at present, as their lanes want nothing or are behind.
        var paused: Set<Shard> = []
    }

    private let settings: KafkaSettings
    private let address: @Sendable () async throws -> KafkaSettings
    private let context: LaneContext
    private let topics: [String: Topic]
    /// Between two looks at the ends of the log.
    private let marksInterval: Duration
    private let admin: KafkaAdmin
    private let consumer: KafkaConsumer
    private let desk: ControlDesk
    private let state: SharedState

    /// Shared with the consumer's callbacks, which exist before `self` does.
    private final class SharedState: Sendable {
        let value = Mutex(State())
    }

    /// Joins the group, or takes the partitions that it is told to.
    ///
    /// - Parameters:
    ///   - settings: What `address` said last.
    ///   - reading: Which partitions are read.
    ///   - address: Asked again and again, as the embedded broker moves; cheap.
    ///   - makeContext: What the lanes need, with a probe of this session.
    /// - Throws: `KafkaError` when the settings contradict each other.
    init(
        _ settings: KafkaSettings, _ reading: ProjectionReading,
        address: @escaping @Sendable () async throws -> KafkaSettings, _ makeContext: (KafkaAdmin) -> LaneContext
    ) throws(KafkaError) {
        let admin = try KafkaAdmin(settings, clientID: "\(reading.name)-probe")
        let context = makeContext(admin)
        let (desk, state) = (ControlDesk(), SharedState())
        let topics = context.model.topics
        switch reading {
        case .group(let groupID):
            marksInterval = .seconds(1)
            let owner = KafkaGroupOwner(
                assigned: { partitions in
                    Self.startLanes(Set(partitions.map { Shard(Int($0.number)) }), state, context, desk)
                    // Every lane seeks before it takes anything.
                    return Dictionary(partitions.map { ($0, KafkaStart.held) }, uniquingKeysWith: { first, _ in first })
                },
                revoked: { _, _ in await Self.stopLanes(state, desk) })
            consumer = try KafkaConsumer(settings, groupID: groupID, topics: topics.map(\.name), owner: owner)
        case .alone(let name, let partitions):
            marksInterval = .milliseconds(200)
            let places = partitions.flatMap { shard in topics.map { $0.partition(shard) } }
            consumer = try KafkaConsumer(
                settings, clientID: name,
                assigning: Dictionary(places.map { ($0, KafkaStart.held) }, uniquingKeysWith: { first, _ in first }))
            Self.startLanes(Set(partitions), state, context, desk)
        }
        self.topics = Dictionary(topics.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.settings = settings
        self.address = address
        self.context = context
        self.admin = admin
        self.desk = desk
        self.state = state
    }

    private static func startLanes(
        _ partitions: Set<Shard>, _ state: SharedState, _ context: LaneContext, _ desk: ControlDesk
    ) {
        for shard in partitions.sorted() {
            let lane = PartitionLane(shard)
            state.value.withLock { $0.lanes[shard] = lane }
            lane.start(context, desk: desk)
        }
    }

    /// Trouble with the brokers since the last record came.
    var problem: KafkaError? { consumer.problem }

    /// The partitions that are ours.
    var health: [ProjectionHealth.Partition] {
        state.value.withLock { Array($0.lanes.values) }.map(\.health).sorted { $0.partition < $1.partition }
    }

    /// Reads until the consumer ends; afterwards all lanes are done and the group is left.
    ///
    /// - Throws: Always: `KafkaError`, `BrokersMoved`, or `CancellationError`.
    func run() async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.pollUntilEnd() }
                group.addTask { try await self.watchLog() }
                do {
                    try await group.next()
                } catch {
                    group.cancelAll()
                    // Here, not behind the group: what watches the log waits for its turn behind lanes that ask too.
                    await Self.stopLanes(state, desk)
                    throw error
                }
            }
        } catch {
            await consumer.close()
            throw error
        }
    }

    private static func stopLanes(_ state: SharedState, _ desk: ControlDesk) async {
        let lanes = state.value.withLock { state in
            defer { state = State() }
            return state.lanes
        }
        for lane in lanes.values { lane.inbox.close() }
        desk.refuse(Set(lanes.keys))
        await withTaskGroup { group in
            for lane in lanes.values { group.addTask { await lane.stop() } }
        }
    }

    // MARK: reading

    private func pollUntilEnd() async throws {
        var addressAskedAt = ContinuousClock.now
        while true {
            for request in desk.take() { await carryOut(request) }
            try await waitForLanes()
            let batch = try await consumer.poll(max: context.recordsMax, timeout: Self.pollTimeout)
            try await route(batch)
            // Always, not only in trouble: librdkafka does not tell of every broker that is gone.
            guard addressAskedAt.duration(to: .now) >= Self.addressInterval else { continue }
            addressAskedAt = .now
            let now = try? await address()
            if let now, now.bootstrapServers != settings.bootstrapServers { throw BrokersMoved() }
        }
    }

    private func carryOut(_ request: ControlDesk.Request) async {
        do {
            request.inbox.shut()
            try await resume(request.partition)
            for (topic, offset) in request.offsets {
                try await consumer.seek(topic.partition(request.partition), to: .offset(offset))
            }
            request.inbox.open()
            request.continuation.resume()
        } catch {
            request.continuation.resume(throwing: error)
        }
    }

    /// Hands records to their lanes; partitions whose lanes want none are paused until they seek.
    private func route(_ batch: KafkaBatch) async throws {
        var waiting: [Shard: [LaneInbox.Arrival]] = [:]
        for record in batch {
            guard let topic = topics[record.topic] else { continue }
            waiting[Shard(Int(record.partition)), default: []].append(
                LaneInbox.Arrival(topic: topic, record: record))
        }
        let lanes = state.value.withLock { $0.lanes }
        for event in batch.events {
            guard case .offsetOutOfRange(let place) = event else { continue }
            lanes[Shard(Int(place.number))]?.inbox.reportOutOfRange()
        }
        for (partition, arrivals) in waiting {
            guard let lane = lanes[partition] else { continue }
            if !lane.inbox.offer(arrivals) { try await pause(partition) }
        }
    }

    private func waitForLanes() async throws {
        let lanes = state.value.withLock { state in state.lanes.values.map { ($0, state.paused.contains($0.partition)) }
        }
        let end = ContinuousClock.now + Self.patience
        for (lane, isPaused) in lanes {
            if isPaused {
                // A lane that was paused for being behind goes on; one that is to seek is resumed by its seek.
                if lane.inbox.isOpen, lane.inbox.count < Self.waitingMax / 2 { try await resume(lane.partition) }
                continue
            }
            while lane.inbox.count > Self.waitingMax, ContinuousClock.now < end, desk.isEmpty {
                try await Task.sleep(for: .milliseconds(1))
            }
            if lane.inbox.count > Self.waitingMax, ContinuousClock.now >= end { try await pause(lane.partition) }
        }
    }

    private func pause(_ partition: Shard) async throws {
        try await consumer.pause(topics.values.map { $0.partition(partition) })
        state.value.withLock { _ = $0.paused.insert(partition) }
    }

    private func resume(_ partition: Shard) async throws {
        guard state.value.withLock({ $0.paused.remove(partition) }) != nil else { return }
        try await consumer.resume(topics.values.map { $0.partition(partition) })
    }

    // MARK: lag

    /// Tells each lane once a second where its log ends.
    ///
    /// What is served counts as up to date only while somebody can say that, so it is told when nobody can.
    private func watchLog() async throws {
        var isAway = false
        while true {
            try await Task.sleep(for: marksInterval)
            var fault: KafkaError?
            for lane in state.value.withLock({ Array($0.lanes.values) }) {
                try Task.checkCancellation()
                let takenAt = context.clock.now()
                var found: [Topic: Int64]?
                do throws(KafkaError) { found = try await highs(of: lane.partition) } catch { fault = error }
                lane.inbox.offer(LaneInbox.Marks(takenAt: takenAt, highs: found))
            }
            if let fault, !isAway, !Task.isCancelled {
                context.log.warning(
                    "the ends of the log cannot be read",
                    [.model: .code(context.model.name), .error: .error(fault)])
            }
            isAway = fault != nil
        }
    }

    private func highs(of partition: Shard) async throws(KafkaError) -> [Topic: Int64] {
        var highs: [Topic: Int64] = [:]
        for topic in topics.values {
            highs[topic] = try await admin.watermarks(of: topic.partition(partition), timeout: .seconds(2)).high
        }
        return highs
    }
}
