import EventStore
import Kafka

/// Reads stretches of a topic's partitions, each from one offset up to another, without a group and moving nothing.
struct LogStretch: Sendable {
    /// The log has lost what comes next, while it was read.
    struct Gone: Error {
        let partition: Shard
    }

    /// A batch that stays in the processor's cache.
    private static let recordsMax = 4_000
    private static let patience: Duration = .seconds(20)

    let settings: KafkaSettings
    let topic: String
    /// Names the reader in the brokers' logs.
    let clientID: String

    /// Reads all of it, a batch after the other; the next one is fetched and parsed while one is taken in.
    ///
    /// - Parameters:
    ///   - offsets: What is wanted; what is empty is not read.
    ///   - progress: Told of how many records of all.
    ///   - each: Gets records of a partition, in order; they are lent.
    /// - Throws: `Gone`; `KafkaError`; what the closures throw.
    func read(
        _ offsets: [Shard: Range<Int64>], progress: (_ read: Int, _ of: Int) async throws -> Void = { _, _ in },
        each: (Shard, [KafkaReceivedRecord]) throws -> Void
    ) async throws {
        let wanted = offsets.filter { !$0.value.isEmpty }
        if wanted.isEmpty { return }
        let starts = Dictionary(
            uniqueKeysWithValues: wanted.map { (place($0.key), KafkaStart.offset($0.value.lowerBound)) })
        let consumer = try KafkaConsumer(settings, clientID: clientID, assigning: starts)
        do {
            try await follow(
                consumer, wanted.mapValues(\.upperBound), wanted.values.reduce(0) { $0 + $1.count }, progress, each)
        } catch {
            await consumer.close()
            throw error
        }
        await consumer.close()
    }

    private func place(_ shard: Shard) -> KafkaPartition {
        KafkaPartition(topic: topic, number: Int32(shard.number))
    }

    private func follow(
        _ consumer: KafkaConsumer, _ ends: [Shard: Int64], _ total: Int, _ progress: (Int, Int) async throws -> Void,
        _ each: (Shard, [KafkaReceivedRecord]) throws -> Void
    ) async throws {
        var rest = ends
        var read = 0
        var heardAt = ContinuousClock.now
        try await progress(read, total)
        var batch = try await poll(consumer)
        while true {
            let records = try sort(batch, &rest)
            read += records.values.reduce(0) { $0 + $1.count }
            if rest.isEmpty {
                for (shard, found) in records { try each(shard, found) }
                return
            }
            async let next = poll(consumer)
            for (shard, found) in records { try each(shard, found) }
            try await progress(read, total)
            if !records.isEmpty { heardAt = .now }
            if heardAt.duration(to: .now) > Self.patience {
                throw consumer.problem ?? KafkaError(.timedOut, during: "read the log")
            }
            batch = try await next
        }
    }

    private func poll(_ consumer: KafkaConsumer) async throws -> KafkaBatch {
        try await consumer.poll(max: Self.recordsMax, timeout: .milliseconds(200))
    }

    /// Sorts a batch's records by partition, without those that nobody wants; `rest` loses the partitions that are read
    /// to their end.
    private func sort(_ batch: KafkaBatch, _ rest: inout [Shard: Int64]) throws -> [Shard: [KafkaReceivedRecord]] {
        for event in batch.events {
            if case .offsetOutOfRange(let place) = event { throw Gone(partition: Shard(Int(place.number))) }
        }
        var records: [Shard: [KafkaReceivedRecord]] = [:]
        for record in batch {
            let shard = Shard(Int(record.partition))
            guard let end = rest[shard] else { continue }
            if record.offset < end { records[shard, default: []].append(record) }
            if record.offset >= end - 1 { rest[shard] = nil }
        }
        return records
    }
}
