import Kafka
import Testing

/// Partitions that are sent somewhere before they have begun.
@Suite("Kafka seeks", .timeLimit(.minutes(2)))
struct SeekTests {
    private static let first: Int64 = 5
    /// How long each reader goes on after it was sent: longer than librdkafka waits before it asks again.
    private static let reading: Duration = .seconds(2)

    /// Whoever has no place yet asks for one, and librdkafka 2.0.2 goes there in the end although it was sent somewhere
    /// else meanwhile, past all records between.
    @Test("a held partition is read from where it was sent on, whenever that was")
    func heldPartitionsBeginWhereTheyAreSent() async throws {
        let cluster = try await Cluster.start(.embedded)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        _ = try await producer.send((0..<10).map { cluster.record($0) })
        // Slow enough that some are sent while an answer about their place is on its way.
        await cluster.broker?.setRoundTrip(.milliseconds(100))
        let writing = Task {
            for number in 10... {
                if Task.isCancelled { return }
                _ = try await producer.send([cluster.record(number)])  // one a round trip, all the while
            }
        }
        let found = try await withThrowingTaskGroup(of: (delay: Int, offsets: [Int64]).self) { group in
            for delay in stride(from: 0, to: 1_200, by: 60) {
                group.addTask { (delay, try await offsets(cluster, sentAfter: .milliseconds(delay))) }
            }
            return try await group.reduce(into: [:]) { $0[$1.delay] = $1.offsets }
        }
        writing.cancel()
        _ = try? await writing.value
        for (delay, offsets) in found.sorted(by: { $0.key < $1.key }) {
            let last = try #require(offsets.last, "sent after \(delay) ms")
            #expect(offsets == Array(Self.first...last), "sent after \(delay) ms")
        }
        await producer.close()
        await cluster.broker?.close()
    }

    /// What a reader sees that is sent to a place after a while.
    private func offsets(_ cluster: Cluster, sentAfter delay: Duration) async throws -> [Int64] {
        let partition = KafkaPartition(topic: cluster.topic, number: 0)
        let reader = try KafkaConsumer(cluster.settings, clientID: unique("reader"), assigning: [partition: .held])
        let sentAt = ContinuousClock.now + delay
        while ContinuousClock.now < sentAt {
            #expect(try await reader.poll(max: 100, timeout: .milliseconds(5)).isEmpty)
        }
        try await reader.seek(partition, to: .offset(Self.first))
        var offsets: [Int64] = []
        let end = ContinuousClock.now + Self.reading
        try await eventually {
            offsets += try await reader.poll(max: 100, timeout: .milliseconds(50)).map(\.offset)
            return ContinuousClock.now > end && offsets.count > 10
        }
        await reader.close()
        return offsets
    }
}

/// A log whose oldest records are gone, as any log is after a week.
@Suite(
    "Kafka logs that began long ago", .timeLimit(.minutes(3)),
    .enabled(if: ClusterKind.realBootstrap != nil, "TEST_KAFKA_BOOTSTRAP is not set"))
struct OldLogTests {
    private static let partitions: Int32 = 12
    private static let low: Int64 = 12
    private static let last: Int64 = 19

    @Test("nothing of a held partition is asked for, by a member of a group either", arguments: [false, true])
    func heldPartitionsAreSilent(_ isMember: Bool) async throws {
        let cluster = try await log()
        for _ in 0..<(isMember ? 3 : 20) {
            let reader = try reader(cluster, isMember, .held)
            try await eventually {
                try await expectSilence(reader)
                return await reader.assignment.count == Int(Self.partitions)
            }
            for _ in 0..<5 { try await expectSilence(reader) }
            try await expectRest(reader, cluster)
            await reader.close()
        }
    }

    @Test("whoever stands where the log is gone is told, and goes on elsewhere", arguments: [false, true])
    func goesOnElsewhere(_ isMember: Bool) async throws {
        let cluster = try await log()
        let reader = try reader(cluster, isMember, .offset(3))
        var gone: Set<KafkaEvent> = []
        try await eventually {
            gone.formUnion(try await reader.poll(max: 100, timeout: .milliseconds(50)).events)
            return gone == Set(places(cluster, .held).keys.map { .offsetOutOfRange($0) })
        }
        try await expectRest(reader, cluster)
        await reader.close()
    }

    /// A topic whose partitions have the same few records left.
    private func log() async throws -> Cluster {
        let cluster = try await Cluster.start(.real, partitions: Self.partitions)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        for number in 0...Int(Self.last) {
            _ = try await producer.send((0..<Self.partitions).map { cluster.record(number, partition: $0) })
        }
        await producer.close()
        try Log.forget(cluster, partitions: Self.partitions, before: Self.low)
        return cluster
    }

    private func places(_ cluster: Cluster, _ start: KafkaStart) -> [KafkaPartition: KafkaStart] {
        Dictionary(
            uniqueKeysWithValues: (0..<Self.partitions).map {
                (KafkaPartition(topic: cluster.topic, number: $0), start)
            })
    }

    private func reader(_ cluster: Cluster, _ isMember: Bool, _ start: KafkaStart) throws -> KafkaConsumer {
        let places = places(cluster, start)
        if !isMember { return try KafkaConsumer(cluster.settings, clientID: unique("reader"), assigning: places) }
        let owner = KafkaGroupOwner(assigned: { _ in places }, revoked: { _, _ in })
        return try KafkaConsumer(cluster.settings, groupID: unique("group"), topics: cluster.topics, owner: owner)
    }

    private func expectSilence(_ reader: KafkaConsumer) async throws {
        let batch = try await reader.poll(max: 100, timeout: .milliseconds(20))
        // That a broker was busy is no word of the log.
        let words = batch.events.filter { if case .failed = $0 { false } else { true } }
        #expect(batch.isEmpty && words.isEmpty, "\(batch.events)")
    }

    /// Sends one partition after the other on, reading all the while, to the end of all.
    private func expectRest(_ reader: KafkaConsumer, _ cluster: Cluster) async throws {
        var offsets: [Int32: [Int64]] = [:]
        func read() async throws {
            for record in try await reader.poll(max: 3, timeout: .milliseconds(20)) {
                offsets[record.partition, default: []].append(record.offset)
            }
        }
        for place in places(cluster, .held).keys.sorted() {
            try await reader.seek(place, to: .offset(Self.low + 2))
            try await read()
        }
        let rest = Array((Self.low + 2)...Self.last)
        try await eventually {
            try await read()
            return offsets.values.reduce(0) { $0 + $1.count } >= rest.count * Int(Self.partitions)
        }
        #expect(offsets.count == Int(Self.partitions) && offsets.values.allSatisfy { $0 == rest }, "\(offsets)")
    }
}
