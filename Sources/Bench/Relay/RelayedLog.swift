import Domain
import Foundation
import Kafka

/// Reads back what a relayer brought to Kafka: checks it, and keeps it for the limit.
struct RelayedLog {
    /// Reads all records of a topic, checks that the sequence of each partition is dense, and writes them to a file for
    /// `bare_produce`.
    ///
    /// - Throws: `WrongAnswer` where a position is missing, doubled or out of order, or the count is another.
    static func save(_ topic: Topic, count: Int, from cluster: KafkaCluster, to path: String) async throws {
        let partitions = (0..<Topic.partitionsPerTopic).map { KafkaPartition(topic: topic.name, number: $0) }
        let starts = Dictionary(uniqueKeysWithValues: partitions.map { ($0, KafkaStart.beginning) })
        let consumer = try KafkaConsumer(cluster.settings, clientID: "bench-check", assigning: starts)
        var next = [Int64](repeating: 1, count: partitions.count)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 1_100)
        var seen = 0
        while seen < count {
            let batch = try await consumer.poll(max: 10_000, timeout: .seconds(10))
            guard !batch.isEmpty else { throw WrongAnswer("\(seen) of \(count) records are in \(topic.name)") }
            for record in batch {
                let partition = Int(record.partition)
                guard record.headerText("ce_sequence").flatMap({ Int64($0) }) == next[partition] else {
                    throw WrongAnswer("partition \(partition) of \(topic.name) lacks position \(next[partition])")
                }
                next[partition] += 1
                append(record, to: &bytes)
            }
            seen += batch.count
        }
        await consumer.close()
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    private static let headers: [StaticString] = [
        "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_sequence", "ce_streamversion",
        "ce_dataversion", "ce_correlationid", "ce_causationid", "traceparent", "ce_traceparent", "content-type",
    ]

    private static func append(_ record: KafkaReceivedRecord, to bytes: inout [UInt8]) {
        let fields = headers.compactMap { name in
            record.withHeader(name) { (name: Array("\(name)".utf8), value: Array($0)) }
        }
        let (key, value) = (record.key, record.value)
        for number in [Int(record.partition), key.count, value.count, fields.count, 0] { append(number, to: &bytes) }
        bytes += key
        bytes += value
        for field in fields {
            append(field.name.count, to: &bytes)
            append(field.value.count, to: &bytes)
            bytes += field.name
            bytes += field.value
        }
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: number)) { bytes.append(contentsOf: $0) }
    }
}
