import Domain
import EventStore
import Kafka

/// Looks at the ends of a partition's log, without a group and without moving anything.
struct LogProbe: Sendable {
    /// The log did not show in time what its own watermarks promise; worth another look.
    struct Unclear: Error {
        let partition: KafkaPartition
    }

    /// How many of the newest records are looked at, in case that some of them are nobody's events.
    private static let tailRecords: Int64 = 32
    private static let patience: Duration = .seconds(10)
    /// Lanes wait for each other here, and for the last one before a lost consumer is replaced.
    private static let marksTimeout: Duration = .seconds(2)

    private let settings: KafkaSettings
    private let admin: KafkaAdmin
    private let sequenced: Set<Topic>

    init(_ settings: KafkaSettings, admin: KafkaAdmin, sequenced: Set<Topic>) {
        var settings = settings
        // A handful of records is wanted, not the whole log; but with less room than that librdkafka 2.0 waits up to a
        // second after every batch, and a log of bookings made one by one has one record a batch.
        settings.extra["queued.min.messages"] = "\(2 * Self.tailRecords)"
        settings.extra["fetch.message.max.bytes"] = "65536"
        self.settings = settings
        self.admin = admin
        self.sequenced = sequenced
    }

    /// Where each topic's partition ends; of topics without sequences also with which record, so that whoever starts
    /// there knows whether the log is still the same.
    ///
    /// - Throws: `KafkaError`; `Unclear`; `CancellationError`.
    func ends(of partition: Shard, _ topics: [Topic]) async throws -> LogEnds {
        var ends = LogEnds()
        for topic in topics {
            let place = topic.partition(partition)
            let marks = try await admin.watermarks(of: place, timeout: Self.marksTimeout)
            ends[topic] = marks.high
            if !sequenced.contains(topic), marks.high > marks.low {
                ends.set(lastRecord: try await lastRecord(of: place, topic, before: marks.high), in: topic)
            }
        }
        return ends
    }

    /// `ce_id` of the record before an offset; nil where it is no event.
    private func lastRecord(of place: KafkaPartition, _ topic: Topic, before end: Int64) async throws -> EventID? {
        try await reading(place, from: end - 1) { consumer in
            let found = try await records(consumer, place, (end - 1)..<end).first
            return found.flatMap { try? ProjectionRecord($0, topic: topic, isSequenced: false) }?.eventID
        }
    }

    private func reading<T>(
        _ place: KafkaPartition, from start: Int64, _ body: (KafkaConsumer) async throws -> T
    ) async throws -> T {
        let consumer = try KafkaConsumer(settings, clientID: "probe", assigning: [place: .offset(start)])
        do {
            let result = try await body(consumer)
            await consumer.close()
            return result
        } catch {
            await consumer.close()
            throw error
        }
    }

    /// What the log has of a partition, with a look whether it is still the one that the checkpoint was taken in.
    ///
    /// - Throws: `KafkaError`; `Unclear`; `CancellationError`.
    func look(at partition: Shard, _ checkpoint: ProjectionCheckpoint, _ topics: [Topic]) async throws -> [Topic:
        TopicLog]
    {
        var logs: [Topic: TopicLog] = [:]
        for topic in topics {
            let place = topic.partition(partition)
            let marks = try await admin.watermarks(of: place, timeout: Self.marksTimeout)
            var log = TopicLog(low: marks.low, high: marks.high, confirmsHint: false)
            if marks.high > marks.low { try await read(place, topic, checkpoint[topic], &log) }
            logs[topic] = log
        }
        return logs
    }

    private func read(
        _ place: KafkaPartition, _ topic: Topic, _ position: TopicPosition, _ log: inout TopicLog
    ) async throws {
        log = try await reading(place, from: log.low) { [log] consumer in
            var log = log
            if sequenced.contains(topic) {
                log.firstSequence = try await firstSequence(consumer, place, topic, log.low..<log.high)
                let tail = max(log.low, log.high - Self.tailRecords)..<log.high
                log.lastSequence = try await lastSequence(consumer, place, topic, tail)
            }
            if let next = position.nextOffset, log.low < next, next <= log.high {
                let before = try await records(consumer, place, (next - 1)..<next).first
                log.confirmsHint = before.map { confirms(position, $0, topic) } ?? false
            }
            return log
        }
    }

    private func confirms(_ position: TopicPosition, _ record: KafkaReceivedRecord, _ topic: Topic) -> Bool {
        let isSequenced = sequenced.contains(topic)
        guard let event = try? ProjectionRecord(record, topic: topic, isSequenced: isSequenced) else { return false }
        if isSequenced { return event.sequence == position.sequence }
        return event.eventID != nil && event.eventID == position.lastRecord
    }

    /// The sequence of the oldest event, past whatever is no event.
    private func firstSequence(
        _ consumer: KafkaConsumer, _ place: KafkaPartition, _ topic: Topic, _ offsets: Range<Int64>
    ) async throws -> Int64? {
        var start = offsets.lowerBound
        while start < offsets.upperBound {
            let some = start..<min(offsets.upperBound, start + Self.tailRecords)
            let found = try await records(consumer, place, some).lazy.compactMap { sequence($0, topic) }.first
            if let found { return found }
            start = some.upperBound
        }
        return nil
    }

    private func lastSequence(
        _ consumer: KafkaConsumer, _ place: KafkaPartition, _ topic: Topic, _ offsets: Range<Int64>
    ) async throws -> Int64? {
        try await records(consumer, place, offsets).compactMap { sequence($0, topic) }.max()
    }

    private func sequence(_ record: KafkaReceivedRecord, _ topic: Topic) -> Int64? {
        (try? ProjectionRecord(record, topic: topic, isSequenced: true))?.sequence
    }

    /// Reads exactly these offsets; those that the log has no record at are left out.
    private func records(
        _ consumer: KafkaConsumer, _ place: KafkaPartition, _ offsets: Range<Int64>
    ) async throws -> [KafkaReceivedRecord] {
        try await consumer.seek(place, to: .offset(offsets.lowerBound))
        let deadline = ContinuousClock.now + Self.patience
        var found: [KafkaReceivedRecord] = []
        while ContinuousClock.now < deadline {
            let batch = try await consumer.poll(max: offsets.count, timeout: .milliseconds(200))
            if batch.events.contains(.offsetOutOfRange(place)) { throw Unclear(partition: place) }
            for record in batch where offsets.contains(record.offset) { found.append(record) }
            if let last = batch.last, last.offset >= offsets.upperBound - 1 { return found }
        }
        throw Unclear(partition: place)
    }
}

extension Topic {
    /// The topic's partition in Kafka.
    func partition(_ shard: Shard) -> KafkaPartition { KafkaPartition(topic: name, number: Int32(shard.number)) }
}
