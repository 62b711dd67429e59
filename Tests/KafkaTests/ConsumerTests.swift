import Kafka
import Synchronization
import Testing

/// Reading without a group: places, ends, pauses, brokers that go away.
@Suite("Kafka consumer", .timeLimit(.minutes(2)))
struct ConsumerTests {
    @Test(arguments: ClusterKind.available)
    func anOffsetThatTheLogLacksIsAnEventAndSeekGoesOn(_ kind: ClusterKind) async throws {
        let cluster = try await Cluster.start(kind)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        _ = try await producer.send((0..<3).map { cluster.record($0) })
        let partition = KafkaPartition(topic: cluster.topic, number: 0)
        let reader = try cluster.reader(from: .offset(1_000))
        #expect(try await reader.event { _ in true } == .offsetOutOfRange(partition))

        try await reader.seek(partition, to: .beginning)
        #expect(try await reader.values(3) == ["0", "1", "2"])
        try await reader.seek(partition, to: .offset(1))
        #expect(try await reader.values(2) == ["1", "2"])
        await reader.close()
        await producer.close()
        await cluster.broker?.close()
    }

    @Test(arguments: ClusterKind.available)
    func pausedPartitionsAreSilent(_ kind: ClusterKind) async throws {
        let cluster = try await Cluster.start(kind, partitions: 2)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        let partitions = (0..<2).map { KafkaPartition(topic: cluster.topic, number: Int32($0)) }
        let starts = [partitions[0]: KafkaStart.end, partitions[1]: .end]
        let reader = try KafkaConsumer(cluster.settings, clientID: "test", assigning: starts, reportsEnd: true)
        var ends: Set<KafkaEvent> = []
        try await eventually {
            ends.formUnion(try await reader.poll(max: 10, timeout: .milliseconds(200)).events)
            return ends.count == 2
        }
        try await reader.pause([partitions[0]])
        _ = try await producer.send([cluster.record(1, partition: 0)])
        _ = try await producer.send([cluster.record(2, partition: 1)])
        #expect(try await reader.values(1) == ["2"])
        try await reader.resume([partitions[0]])
        #expect(try await reader.values(1) == ["1"])
        await reader.close()
        await producer.close()
        await cluster.broker?.close()
    }

    /// A queue that holds a batch is full after every fetch, and librdkafka then sleeps for a second.
    @Test("a queue that was full of records and has run dry is filled again at once", arguments: ClusterKind.available)
    func aDryQueueIsFilledAtOnce(_ kind: ClusterKind) async throws {
        try await readsWithoutSleeping(
            kind, ["queued.min.messages": "10", "fetch.message.max.bytes": "1000"], records: 2_000, bytes: 8, max: 10)
    }

    @Test(
        "so is one that was full of bytes, though a batch might have had more records", arguments: ClusterKind.available
    )
    func aDryQueueOfLargeRecordsIsFilledAtOnce(_ kind: ClusterKind) async throws {
        try await readsWithoutSleeping(
            kind, ["queued.max.messages.kbytes": "40", "fetch.message.max.bytes": "10000"], records: 1_600,
            bytes: 2_000,
            max: 10_000)
    }

    private func readsWithoutSleeping(
        _ kind: ClusterKind, _ small: [String: String], records: Int, bytes: Int, max: Int
    ) async throws {
        let cluster = try await Cluster.start(kind)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        for start in stride(from: 0, to: records, by: 50) {
            _ = try await producer.send(
                (start..<start + 50).map { number in
                    var record = cluster.record(number)
                    record.value += [UInt8](repeating: 0, count: bytes)
                    return record
                })
        }
        var settings = cluster.settings
        settings.extra.merge(small) { _, small in small }
        let starts = [KafkaPartition(topic: cluster.topic, number: 0): KafkaStart.beginning]
        let reader = try KafkaConsumer(settings, clientID: "test", assigning: starts)
        var (read, begun) = (0, ContinuousClock.now)
        while read < records {
            let batch = try await reader.poll(max: max, timeout: .seconds(5))
            try #require(!batch.isEmpty)
            if read == 0 { begun = .now }
            read += batch.count
        }
        #expect(begun.duration(to: .now) < .seconds(15), "it slept each time when its queue had been full")
        await reader.close()
        await producer.close()
        await cluster.broker?.close()
    }

    @Test func readingGoesOnWhenTheBrokerIsBack() async throws {
        let cluster = try await Cluster.start(.embedded)
        let broker = try #require(cluster.broker)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        _ = try await producer.send([cluster.record(0)])
        let reader = try cluster.reader()
        #expect(try await reader.values(1) == ["0"])
        await broker.interrupt()
        try await eventually {
            _ = try await reader.poll(max: 10, timeout: .milliseconds(50))
            return reader.problem?.isUnreachable == true
        }
        await broker.resume()
        _ = try await producer.send([cluster.record(1)])
        #expect(try await reader.values(1) == ["1"])
        #expect(reader.problem == nil)
        await reader.close()
        await producer.close()
        await broker.close()
    }

    @Test func closingWorksWhileTheBrokerIsGone() async throws {
        let cluster = try await Cluster.start(.embedded)
        let reader = try cluster.reader()
        await cluster.broker?.close()
        let started = ContinuousClock.now
        await reader.close()
        #expect(started.duration(to: .now) < .seconds(10))
        await #expect(throws: KafkaError.self) { _ = try await reader.poll(max: 1, timeout: .zero) }
    }

    @Test func cancellingEndsAWaitingPoll() async throws {
        let cluster = try await Cluster.start(.embedded)
        let reader = try cluster.reader()
        let task = Task { try await reader.poll(max: 1, timeout: .seconds(100)).count }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        await reader.close()
        await cluster.broker?.close()
    }
}
