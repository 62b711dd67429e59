import Domain
import Kafka
import TestSupport
import Testing

/// The sequences that the records of a topic carry.
enum TopicSequences {
    /// Reads a topic from its beginning to its end.
    ///
    /// - Returns: A list a partition, in the order of the log, copies included.
    static func read(_ topic: Topic, from bootstrap: String) async throws -> [Int32: [Int64]] {
        let settings = KafkaSettings(bootstrapServers: bootstrap)
        let partitions = (0..<Int32(Topic.partitionsPerTopic)).map { KafkaPartition(topic: topic.name, number: $0) }
        let starts = Dictionary(uniqueKeysWithValues: partitions.map { ($0, KafkaStart.beginning) })
        let consumer = try KafkaConsumer(settings, clientID: "test-sequences", assigning: starts, reportsEnd: true)
        var sequences: [Int32: [Int64]] = [:]
        var open = Set(partitions)
        let deadline = ContinuousClock.now + .seconds(30)
        while !open.isEmpty, ContinuousClock.now < deadline {
            let batch = try await consumer.poll(max: 1_000, timeout: .milliseconds(500))
            for record in batch {
                sequences[record.partition, default: []].append(
                    record.headerText("ce_sequence").flatMap { Int64($0) } ?? -1)
            }
            for case .reachedEnd(let partition, _) in batch.events { open.remove(partition) }
        }
        await consumer.close()
        try #require(open.isEmpty, "\(topic.name) could not be read to its end")
        return sequences
    }

    /// The same of all topics that have an outbox, up to the newest position of each shard.
    static func expectDense(_ truth: StoreTruth, from bootstrap: String, fromOne: Bool) async throws {
        for (topic, pool) in [(Topic.bookingEvents, truth.booking), (.practitionerEvents, truth.practitioner)] {
            let newest = try await truth.newestPositions(in: pool)
            #expect(!newest.isEmpty)
            try await expectDense(topic, from: bootstrap, newest: newest, fromOne: fromOne)
        }
    }

    /// Expects first..last without a hole once copies are dropped, and that the last is the newest position.
    static func expectDense(
        _ topic: Topic, from bootstrap: String, newest: [Int32: Int64], fromOne: Bool
    ) async throws {
        let sequences = try await read(topic, from: bootstrap)
        // What is only recorded has positions and is published nowhere.
        for (partition, last) in newest where partition < Topic.partitionsPerTopic {
            var highest: Int64?
            for sequence in sequences[partition] ?? [] {
                if let before = highest, sequence > before {
                    #expect(sequence == before + 1, "G4: a hole in \(topic.name)[\(partition)] after \(before)")
                } else if highest == nil, fromOne {
                    let beginning = sequences[partition, default: []].prefix(8)
                    #expect(sequence == 1, "G4: \(topic.name)[\(partition)] begins with \(Array(beginning))")
                }
                highest = max(highest ?? 0, sequence)
            }
            if fromOne || highest != nil {
                #expect(highest == last, "G4: \(topic.name)[\(partition)] ends before its newest position")
            }
        }
    }
}
