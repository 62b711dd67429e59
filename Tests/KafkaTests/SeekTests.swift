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
    @Test("a held partition is read from where it was sent on, whenever that was", arguments: ClusterKind.available)
    func heldPartitionsBeginWhereTheyAreSent(_ kind: ClusterKind) async throws {
        let cluster = try await Cluster.start(kind)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        _ = try await producer.send((0..<10).map { cluster.record($0) })
        // Slow enough that some are sent while an answer about their place is on its way.
        await cluster.broker?.setRoundTrip(.milliseconds(100))
        let writing = Task {
            for number in 10... {
                if Task.isCancelled { return }
                _ = try await producer.send([cluster.record(number)])
                try await Task.sleep(for: .milliseconds(20))  // records come all the while
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
            #expect(last > 10 && offsets == Array(Self.first...last), "sent after \(delay) ms")
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
        while ContinuousClock.now < end {
            offsets += try await reader.poll(max: 100, timeout: .milliseconds(50)).map(\.offset)
        }
        await reader.close()
        return offsets
    }
}
