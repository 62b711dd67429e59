import Domain
import EventStore
import Kafka

/// Fetches what one epoch of a model lacks of what another one has: events with positions from the store, others from
/// the log.
struct MissedEvents: Sendable {
    /// Events of one topic that are fetched at once.
    private static let batchMax = 5_000
    /// How long the log may take to show what it has.
    private static let patience: Duration = .seconds(10)

    let topics: [Topic]
    let stores: [Topic: EventReader]
    let kafka: @Sendable () async throws -> KafkaSettings

    /// The next events after a checkpoint, not beyond another one.
    ///
    /// - Parameters:
    ///   - checkpoint: Where the epoch stands that lacks them.
    ///   - end: Where it is to get to.
    ///   - partition: Of both.
    /// - Returns: Events to be applied without telling anybody; nil where nothing is missing.
    /// - Throws: `ProjectionFault.modelLost` where they are not to be had any more; `PGError`, `KafkaError`,
    ///   `EventStoreError`.
    func batch(
        after checkpoint: ProjectionCheckpoint, through end: ProjectionCheckpoint, of partition: Shard
    ) async throws -> ProjectionBatch? {
        var records: [ProjectionRecord] = []
        var next = checkpoint
        for topic in topics {
            let place = topic.partition(partition)
            let (from, to) = (checkpoint[topic], end[topic])
            if let store = stores[topic] {
                guard from.sequence < to.sequence else { continue }
                let found = try await stored(store, topic, partition, after: from.sequence, through: to.sequence)
                records += found
                let last = found.last?.sequence ?? from.sequence
                next.set(last == to.sequence ? to : TopicPosition(topic: topic, sequence: last))
            } else {
                guard let wanted = to.nextOffset, from.nextOffset != wanted else { continue }
                guard let first = from.nextOffset else { throw ProjectionFault.modelLost }
                guard first < wanted else { continue }
                let stop = min(wanted, first + Int64(Self.batchMax))
                let found = try await logged(place, topic, first..<stop)
                records += found
                next.set(
                    stop == wanted
                        ? to
                        : TopicPosition(
                            topic: topic, sequence: 0, nextOffset: stop, lastRecord: found.last?.eventID))
            }
        }
        guard next.positions != checkpoint.positions else { return nil }
        next.asOf = [checkpoint.asOf, records.compactMap(\.occurredAt).max()].compactMap { $0 }.max()
        return ProjectionBatch(
            partition: partition, records: records, previous: checkpoint, checkpoint: next,
            announcing: .elsewhere(through: nil))
    }

    /// The last position that each store has stamped in a partition.
    ///
    /// - Throws: `PGError`.
    func heads(of partition: Shard) async throws -> [Topic: Int64] {
        var heads: [Topic: Int64] = [:]
        for (topic, store) in stores { heads[topic] = try await store.heads()[partition.number].stamped }
        return heads
    }

    private func stored(
        _ store: EventReader, _ topic: Topic, _ partition: Shard, after first: Int64, through last: Int64
    ) async throws -> [ProjectionRecord] {
        let limit = Int(min(last - first, Int64(Self.batchMax)))
        let events = try await store.positions(of: partition, after: first, limit: limit)
        if events.isEmpty { throw ProjectionFault.modelLost }  // another store than the one that it was built from
        return events.map { ProjectionRecord($0, topic: topic) }
    }

    private func logged(
        _ place: KafkaPartition, _ topic: Topic, _ offsets: Range<Int64>
    ) async throws -> [ProjectionRecord] {
        let consumer = try KafkaConsumer(
            try await kafka(), clientID: "missed-events", assigning: [place: .offset(offsets.lowerBound)])
        do {
            let found = try await read(consumer, place, topic, offsets)
            await consumer.close()
            return found
        } catch {
            await consumer.close()
            throw error
        }
    }

    private func read(
        _ consumer: KafkaConsumer, _ place: KafkaPartition, _ topic: Topic, _ offsets: Range<Int64>
    ) async throws -> [ProjectionRecord] {
        let deadline = ContinuousClock.now + Self.patience
        var found: [ProjectionRecord] = []
        var (read, foreign) = (0, 0)
        while ContinuousClock.now < deadline {
            let batch = try await consumer.poll(max: offsets.count, timeout: .milliseconds(100))
            if batch.events.contains(.offsetOutOfRange(place)) { throw ProjectionFault.modelLost }
            for record in batch where offsets.contains(record.offset) {
                read += 1
                if let event = try? ProjectionRecord(record, topic: topic, isSequenced: false) {
                    found.append(event)
                } else {
                    foreign += 1  // the lane that met it first has recorded where it is
                }
            }
            // applied + filtered = range scanned.
            precondition(found.count + foreign == read)
            if let last = batch.last, last.offset >= offsets.upperBound - 1 { return found }
        }
        throw KafkaError(.timedOut, during: "read missed events")
    }
}

extension ProjectionBatch {
    /// What of the batch an epoch lacks that may be ahead of it.
    ///
    /// - Parameters:
    ///   - checkpoint: Where that epoch stands; nothing may be missing between there and the batch.
    ///   - told: Up to where the served epoch has told others.
    ///   - sequenced: The topics that have positions.
    /// - Returns: Nil where it lacks nothing.
    func share(
        of checkpoint: ProjectionCheckpoint, told: ProjectionCheckpoint, sequenced: Set<Topic>
    ) -> ProjectionBatch? {
        let rest = records.filter { record in
            let position = checkpoint[record.topic]
            return sequenced.contains(record.topic)
                ? record.sequence > position.sequence : record.offset >= position.nextOffset ?? 0
        }
        var next = checkpoint
        for position in self.checkpoint.positions {
            let known = checkpoint[position.topic]
            let isNewer =
                sequenced.contains(position.topic)
                ? position.sequence > known.sequence : position.nextOffset ?? 0 > known.nextOffset ?? 0
            if isNewer { next.set(position) }
        }
        next.asOf = [checkpoint.asOf, self.checkpoint.asOf].compactMap { $0 }.max()
        guard next.positions != checkpoint.positions || !rest.isEmpty else { return nil }
        return ProjectionBatch(
            partition: partition, records: rest, previous: checkpoint, checkpoint: next,
            announcing: .elsewhere(through: told))
    }
}
