import Kafka
import Synchronization
import Testing

/// Members of a group share partitions, and each hears of it before anything is read.
@Suite("Kafka consumer groups", .timeLimit(.minutes(3)))
struct GroupTests {
    /// One member that polls in a task of its own and notes what it is told.
    final class Member: Sendable {
        struct Seen {
            var assigned: Set<KafkaPartition> = []
            var revocations = 0
            var values: [String] = []
        }
        let seen = Mutex(Seen())
        let consumer = Mutex<KafkaConsumer?>(nil)

        func join(_ cluster: Cluster, group: String, start: KafkaStart) throws -> Task<Void, any Error> {
            let owner = KafkaGroupOwner(
                assigned: { partitions in
                    self.seen.withLock { $0.assigned = Set(partitions) }
                    return Dictionary(uniqueKeysWithValues: partitions.map { ($0, start) })
                },
                revoked: { _, _ in
                    self.seen.withLock {
                        $0.assigned = []
                        $0.revocations += 1
                    }
                })
            let consumer = try KafkaConsumer(
                cluster.settings, groupID: group, topics: cluster.topics, owner: owner)
            self.consumer.withLock { $0 = consumer }
            return Task {
                while !Task.isCancelled {
                    let batch = try await consumer.poll(max: 100, timeout: .milliseconds(100))
                    let values = batch.map { String(decoding: $0.value, as: UTF8.self) }
                    let owned = self.seen.withLock { $0.assigned }
                    let partitions = batch.map { KafkaPartition(topic: $0.topic, number: $0.partition) }
                    #expect(owned.isSuperset(of: partitions))
                    self.seen.withLock { $0.values += values }
                }
            }
        }

        var assigned: Set<KafkaPartition> { seen.withLock { $0.assigned } }

        func leave(_ task: Task<Void, any Error>) async {
            task.cancel()
            _ = await task.result
            await consumer.withLock { $0 }?.close()
        }
    }

    @Test(arguments: ClusterKind.available)
    func twoMembersShareEqualNumbersOfBothTopics(_ kind: ClusterKind) async throws {
        let cluster = try await Cluster.start(kind, topics: 2, partitions: 4)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        let group = unique("group")
        let first = Member()
        let second = Member()
        let firstTask = try first.join(cluster, group: group, start: .beginning)
        try await eventually { first.assigned.count == 8 }
        let secondTask = try second.join(cluster, group: group, start: .beginning)
        try await eventually { first.assigned.count == 4 && second.assigned.count == 4 }
        #expect(first.assigned.isDisjoint(with: second.assigned))
        for member in [first, second] {
            #expect(Set(member.assigned.map(\.number)).count == 2)  // two numbers, of both topics each
        }

        for partition in Int32(0)..<4 {
            _ = try await producer.send([cluster.record(Int(partition), partition: partition)])
        }
        try await eventually {
            let values = first.seen.withLock { $0.values } + second.seen.withLock { $0.values }
            return Set(values) == ["0", "1", "2", "3"]
        }
        await second.leave(secondTask)
        try await eventually { first.assigned.count == 8 }
        #expect(first.seen.withLock { $0.revocations } >= 2)
        await first.leave(firstTask)
        await producer.close()
        await cluster.broker?.close()
    }

    @Test(arguments: ClusterKind.available)
    func aGroupGoesOnWhereItCommitted(_ kind: ClusterKind) async throws {
        let cluster = try await Cluster.start(kind)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        _ = try await producer.send((0..<4).map { cluster.record($0) })
        let group = unique("group")
        let partition = KafkaPartition(topic: cluster.topic, number: 0)

        let first = Member()
        let firstTask = try first.join(cluster, group: group, start: .beginning)
        try await eventually { first.seen.withLock { $0.values.count } == 4 }
        let consumer = try #require(first.consumer.withLock { $0 })
        #expect(try await consumer.committed([partition]) == [:])
        try await consumer.commit([partition: 2])
        #expect(try await consumer.committed([partition]) == [partition: 2])
        await first.leave(firstTask)

        let second = Member()
        let secondTask = try second.join(cluster, group: group, start: .committed)
        try await eventually { second.seen.withLock { $0.values } == ["2", "3"] }
        await second.leave(secondTask)
        await producer.close()
        await cluster.broker?.close()
    }

    @Test func anOwnerThatCannotAnswerIsAskedAgain() async throws {
        struct StoreIsDown: Error {}
        let cluster = try await Cluster.start(.embedded)
        let asked = Mutex(0)
        let owner = KafkaGroupOwner(
            assigned: { partitions in
                let attempt = asked.withLock { asked in
                    asked += 1
                    return asked
                }
                if attempt == 1 { throw StoreIsDown() }
                return Dictionary(uniqueKeysWithValues: partitions.map { ($0, .beginning) })
            }, revoked: { _, _ in })
        let consumer = try KafkaConsumer(
            cluster.settings, groupID: unique("group"), topics: cluster.topics, owner: owner)
        await #expect(throws: StoreIsDown.self) {
            try await eventually { try await consumer.poll(max: 1, timeout: .milliseconds(200)).count > 0 }
        }
        try await eventually {
            _ = try await consumer.poll(max: 1, timeout: .milliseconds(200))
            return await consumer.assignment.count == 1
        }
        await consumer.close()
        await cluster.broker?.close()
    }
}
