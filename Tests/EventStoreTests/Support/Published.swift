import Domain
import EventStore
import Kafka
import Synchronization
import TestSupport

/// One record as a consumer sees it.
struct PublishedRecord: Sendable {
    let shard: Int
    let sequence: Int64
    let eventID: String
    let subject: String
    let key: String
    let headers: [String: String]
    let value: [UInt8]
}

/// Everything that was published in a topic, read from its beginning.
struct Published: Sendable {
    let records: [PublishedRecord]

    private static let headerNames: [StaticString] = [
        "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_sequence", "ce_streamversion",
        "ce_dataversion", "ce_correlationid", "ce_causationid", "traceparent", "ce_traceparent", "content-type",
    ]

    /// Reads until every partition's sequence has reached what the store has stamped.
    static func read(_ topic: String, from kafka: KafkaSettings, upTo heads: [ShardHead]) async throws -> Published {
        let starts = Shard.all.map {
            (KafkaPartition(topic: topic, number: Int32($0.number)), KafkaStart.beginning)
        }
        let consumer = try KafkaConsumer(
            kafka, clientID: "test-reader", assigning: Dictionary(uniqueKeysWithValues: starts))
        var records: [PublishedRecord] = []
        var reached = [Int64](repeating: 0, count: Shard.count)
        let wanted = heads.map(\.stamped)
        let end = ContinuousClock.now + .seconds(20)
        while zip(reached, wanted).contains(where: { $0 < $1 }) {
            guard ContinuousClock.now < end else {
                await consumer.close()
                throw Unreached(reached: reached, wanted: wanted)
            }
            for record in try await consumer.poll(max: 10_000, timeout: .milliseconds(200)) {
                let read = PublishedRecord(record)
                records.append(read)
                reached[read.shard] = max(reached[read.shard], read.sequence)
            }
        }
        await consumer.close()
        return Published(records: records)
    }

    struct Unreached: Error {
        let reached: [Int64]
        let wanted: [Int64]
    }

    /// Shards in which the first copies of sequences are not 1, 2, 3 …: a consumer would stop there.
    var shardsWithHoles: [Int] {
        var next = [Int64](repeating: 1, count: Shard.count)
        var broken: Set<Int> = []
        for record in records where record.sequence >= next[record.shard] {
            if record.sequence > next[record.shard] { broken.insert(record.shard) }
            next[record.shard] = record.sequence + 1
        }
        return broken.sorted()
    }

    /// The sequence that each event got in each shard; a second copy must say the same.
    var places: [String: Set<Int64>] {
        var places: [String: Set<Int64>] = [:]
        for record in records { places["\(record.eventID) \(record.key)", default: []].insert(record.sequence) }
        return places
    }

    /// The subjects of one shard in the order of sequences, each sequence once.
    func subjects(in shard: Int) -> [String] {
        var bySequence: [Int64: String] = [:]
        for record in records where record.shard == shard { bySequence[record.sequence] = record.subject }
        return bySequence.sorted { $0.key < $1.key }.map(\.value)
    }

    fileprivate static func headers(of record: KafkaReceivedRecord) -> [String: String] {
        var headers: [String: String] = [:]
        for name in headerNames {
            if let value = record.headerText(name) { headers["\(name)"] = value }
        }
        return headers
    }
}

extension PublishedRecord {
    init(_ record: KafkaReceivedRecord) {
        let headers = Published.headers(of: record)
        self.init(
            shard: Int(record.partition), sequence: headers["ce_sequence"].flatMap { Int64($0) } ?? -1,
            eventID: headers["ce_id"] ?? "", subject: headers["ce_subject"] ?? "",
            key: String(decoding: record.key, as: UTF8.self), headers: headers, value: record.value)
    }
}

/// A broker with our topics that is gone after `body`.
func withBroker<T>(_ body: (EmbeddedBroker) async throws -> sending T) async throws -> sending T {
    let broker = try EmbeddedBroker(
        topics: Topic.allCases.map { (name: $0.name, partitions: Topic.partitionsPerTopic) })
    do {
        let result = try await body(broker)
        await broker.close()
        return result
    } catch {
        await broker.close()
        throw error
    }
}
