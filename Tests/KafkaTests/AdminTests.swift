import Kafka
import Testing

/// Topics, watermarks and reachability.
@Suite("Kafka administration", .timeLimit(.minutes(2)))
struct AdminTests {
    static let hasRealBroker = ClusterKind.realBootstrap != nil

    @Test(.enabled(if: hasRealBroker, "TEST_KAFKA_BOOTSTRAP is not set"))
    func creatingTopicsTwiceIsFineAndAnotherShapeIsNot() async throws {
        let bootstrap = try #require(ClusterKind.realBootstrap)
        let admin = try KafkaAdmin(KafkaSettings(bootstrapServers: bootstrap))
        let name = unique("topic")
        let topic = KafkaTopicSpecification(
            name: name, partitions: 3, replication: 1, configuration: ["retention.ms": "604800000"])
        try await admin.createTopics([topic])
        try await admin.createTopics([topic])
        #expect(try await admin.metadata().topicPartitions[name] == 3)

        let wider = await #expect(throws: KafkaError.self) {
            try await admin.createTopics([KafkaTopicSpecification(name: name, partitions: 6)])
        }
        #expect(wider?.code == .invalidPartitions)
        #expect(wider?.hint == "\(name) exists with 3 partitions instead of 6")

        let spread = unique("topic")
        let tooWide = await #expect(throws: KafkaError.self) {
            try await admin.createTopics([KafkaTopicSpecification(name: spread, partitions: 1, replication: 100)])
        }
        #expect(tooWide?.code == .invalidReplicationFactor)
        let unknown = await #expect(throws: KafkaError.self) {
            let topic = KafkaTopicSpecification(name: spread, partitions: 1, configuration: ["no.such.setting": "1"])
            try await admin.createTopics([topic])
        }
        #expect(unknown?.hint == spread)
    }

    @Test func topicsOfTheEmbeddedBrokerExistAlready() async throws {
        let cluster = try await Cluster.start(.embedded, topics: 2, partitions: 6)
        let admin = try KafkaAdmin(cluster.settings)
        try await admin.createTopics(cluster.topics.map { KafkaTopicSpecification(name: $0, partitions: 6) })
        #expect(try await admin.metadata().brokers == 1)
        #expect(try await admin.metadata().topicPartitions[cluster.topic] == 6)
        await cluster.broker?.close()
    }

    @Test(arguments: ClusterKind.available)
    func watermarksFollowTheLog(_ kind: ClusterKind) async throws {
        let cluster = try await Cluster.start(kind)
        let admin = try KafkaAdmin(cluster.settings)
        let partition = KafkaPartition(topic: cluster.topic, number: 0)
        #expect(try await admin.watermarks(of: partition) == KafkaWatermarks(low: 0, high: 0))
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        _ = try await producer.send((0..<5).map { cluster.record($0) })
        #expect(try await admin.watermarks(of: partition) == KafkaWatermarks(low: 0, high: 5))
        await producer.close()
        await cluster.broker?.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func watermarksOfABrokerThatIsGoneEndInTime() async throws {
        let cluster = try await Cluster.start(.embedded)
        let broker = try #require(cluster.broker)
        let admin = try KafkaAdmin(cluster.settings)
        let partition = KafkaPartition(topic: cluster.topic, number: 0)
        _ = try await admin.watermarks(of: partition)  // the leader is known, so the request goes to the broker itself
        await broker.close()
        let error = await #expect(throws: KafkaError.self) {
            try await admin.watermarks(of: partition, timeout: .milliseconds(500))
        }
        #expect(error?.isUnreachable == true)
    }

    /// A broker is gone before the cluster has chosen another leader: what the client learns then is worth nothing, and
    /// by itself librdkafka asks again after minutes only.
    @Test(.timeLimit(.minutes(1)))
    func watermarksFollowANewLeader() async throws {
        let led = try await Led()
        led.brokers.stop(1)
        await #expect(throws: KafkaError.self) { try await led.watermarks(.seconds(1)) }
        try led.brokers.lead(by: 2)
        try await eventually(within: .seconds(10)) { (try? await led.watermarks(.seconds(1))) == led.before }
    }

    @Test("a broker that says that it does not lead the partition is no answer: who leads it is asked at once")
    func watermarksOfAnotherLeader() async throws {
        let led = try await Led()
        try led.brokers.lead(by: 2)
        #expect(try await led.watermarks() == led.before)
    }

    @Test("a partition that nobody leads for a moment is waited for, and said to have no leader when time is up")
    func watermarksOfNoLeader() async throws {
        let led = try await Led()
        let impatient = try KafkaAdmin(led.brokers.settings)
        try led.brokers.lead(by: -1)
        let begun = ContinuousClock.now
        let error = await #expect(throws: KafkaError.self) { try await led.watermarks(.seconds(2)) }
        #expect(error?.isRetriable == true && error?.isUnreachable == false, "\(String(describing: error))")
        #expect(begun.duration(to: .now) > .seconds(1), "it asked again until then")
        async let asked = led.watermarks()
        // Once another one has been refused, this one has asked as well.
        await #expect(throws: KafkaError.self) {
            try await impatient.watermarks(of: led.partition, timeout: .milliseconds(500))
        }
        try led.brokers.lead(by: 2)
        #expect(try await asked == led.before)
    }

    /// A partition of two brokers, and a client that knows that the first of them leads it.
    private struct Led {
        let brokers: TwoBrokers
        let partition: KafkaPartition
        let before: KafkaWatermarks
        private let admin: KafkaAdmin

        init() async throws {
            brokers = try TwoBrokers()
            partition = KafkaPartition(topic: brokers.topic, number: 0)
            admin = try KafkaAdmin(brokers.settings)
            before = try await admin.watermarks(of: partition)
        }

        func watermarks(_ timeout: Duration = .seconds(10)) async throws -> KafkaWatermarks {
            try await admin.watermarks(of: partition, timeout: timeout)
        }
    }

    @Test func reachableFollowsTheBroker() async throws {
        let cluster = try await Cluster.start(.embedded)
        let broker = try #require(cluster.broker)
        let admin = try KafkaAdmin(cluster.settings)
        #expect(await admin.isReachable(within: .seconds(10)))
        await broker.interrupt()
        #expect(await !admin.isReachable(within: .milliseconds(300)))
        await broker.resume()
        try await eventually { await admin.isReachable(within: .seconds(1)) }
        await broker.close()
        await broker.close()
    }
}
