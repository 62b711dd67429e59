import Kafka
import Testing

/// A producer that cannot keep its word says so to everybody and stops.
@Suite("Kafka producer failures", .timeLimit(.minutes(2)))
struct ProducerFailureTests {
    @Test func nothingIsLostOrSwappedWhenTheBrokerGoesAwayAndComesBack() async throws {
        let cluster = try await Cluster.start(.embedded)
        let broker = try #require(cluster.broker)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        var deliveries: [KafkaDelivery] = []
        for round in 0..<3 {
            deliveries.append(producer.enqueue((0..<1_000).map { cluster.record(round * 2_000 + $0) }))
            await broker.interrupt()
            deliveries.append(producer.enqueue((1_000..<2_000).map { cluster.record(round * 2_000 + $0) }))
            try await eventually { producer.problem != nil }
            await broker.resume()
            _ = try await deliveries[deliveries.count - 1].offsets()
        }
        for delivery in deliveries { _ = try await delivery.offsets() }
        #expect(producer.problem == nil)

        let reader = try cluster.reader()
        #expect(try await reader.values(6_000) == (0..<6_000).map(String.init))
        await reader.close()
        await producer.close()
        await broker.close()
    }

    @Test func aRefusedRecordEndsAGaplessProducer() async throws {
        let cluster = try await Cluster.start(.embedded)
        let broker = try #require(cluster.broker)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        _ = try await producer.send([cluster.record(0)])
        await broker.failProduce(with: .topicAuthorizationFailed)
        await broker.setRoundTrip(.milliseconds(50))
        let deliveries = (1...5).map { producer.enqueue([cluster.record($0)]) }
        for delivery in deliveries {
            let error = await #expect(throws: KafkaError.self) { _ = try await delivery.offsets() }
            #expect(error == producer.failure)
        }
        let later = await #expect(throws: KafkaError.self) { _ = try await producer.send([cluster.record(6)]) }
        #expect(later == producer.failure)
        #expect(producer.failure?.operation == "produce")
        await producer.close()
        await broker.close()
    }

    @Test(arguments: ClusterKind.available)
    func anUnknownPartitionEndsAGaplessProducer(_ kind: ClusterKind) async throws {
        let cluster = try await Cluster.start(kind)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        _ = try await producer.send([cluster.record(0)])
        let error = await #expect(throws: KafkaError.self) {
            _ = try await producer.send([cluster.record(1, partition: 99)])
        }
        #expect(error?.code == .unknownPartition)
        await #expect(throws: KafkaError.self) { _ = try await producer.send([cluster.record(2)]) }
        await producer.close()
        await cluster.broker?.close()
    }

    @Test func anUnknownPartitionLeavesAnOrdinaryProducerAlive() async throws {
        let cluster = try await Cluster.start(.embedded)
        let producer = try KafkaProducer(cluster.settings, clientID: "test", gapless: false)
        _ = try await producer.send([cluster.record(0)])
        await #expect(throws: KafkaError.self) {
            _ = try await producer.send([cluster.record(1, partition: 99), cluster.record(2)])
        }
        #expect(try await producer.send([cluster.record(3)]).count == 1)
        #expect(producer.failure == nil)
        await producer.close()
        await cluster.broker?.close()
    }

    @Test func closingWithdrawsWhatIsInFlight() async throws {
        let cluster = try await Cluster.start(.embedded)
        let broker = try #require(cluster.broker)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        _ = try await producer.send([cluster.record(0)])
        await broker.interrupt()
        let deliveries = (1...3).map { batch in
            producer.enqueue((0..<100_000).map { cluster.record(batch * 100_000 + $0) })
        }
        await producer.close()
        for delivery in deliveries {
            let error = await #expect(throws: KafkaError.self) { _ = try await delivery.offsets() }
            #expect(error?.code == .purged)
        }
        let later = await #expect(throws: KafkaError.self) { _ = try await producer.send([cluster.record(1)]) }
        #expect(later?.code == .closed)
        await producer.close()
        await broker.close()
    }

    @Test func closingWithTimeFlushes() async throws {
        let cluster = try await Cluster.start(.embedded)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        let deliveries = (0..<10).map { producer.enqueue([cluster.record($0)]) }
        await producer.close(flushingFor: .seconds(20))
        for (number, delivery) in deliveries.enumerated() {
            #expect(try await delivery.offsets() == [Int64(number)])
        }
        await cluster.broker?.close()
    }

    @Test func aBrokerThatIsGoneIsAProblemAndNotAFailure() async throws {
        let cluster = try await Cluster.start(.embedded)
        await cluster.broker?.close()
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        let delivery = producer.enqueue([cluster.record(0)])
        try await eventually { producer.problem?.isUnreachable == true }
        #expect(producer.failure == nil)
        await producer.close()
        await #expect(throws: KafkaError.self) { _ = try await delivery.offsets() }
    }
}
