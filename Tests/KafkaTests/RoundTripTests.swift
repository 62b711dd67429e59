import Kafka
import Testing

/// What goes in comes out: content, order, offsets.
@Suite("Kafka round trip", .timeLimit(.minutes(2)))
struct RoundTripTests {
    @Test(arguments: ClusterKind.available)
    func recordsKeepEverything(_ kind: ClusterKind) async throws {
        let cluster = try await Cluster.start(kind)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        let headers = [
            KafkaHeader(name: "ce_type", text: "first"), KafkaHeader(name: "ce_type", text: "last"),
            KafkaHeader(name: "empty", value: []), KafkaHeader(name: "bytes", value: [0, 255]),
        ]
        let sent = KafkaRecord(
            topic: cluster.topic, partition: 0, key: [1, 0, 2], value: [0, 3], headers: headers,
            timestampMilliseconds: 1_700_000_000_123)
        let bare = KafkaRecord(topic: cluster.topic, partition: 0, key: [], value: [])
        #expect(try await producer.send([sent, bare]) == [0, 1])

        let reader = try cluster.reader()
        var records: [KafkaReceivedRecord] = []
        try await eventually {
            records += try await reader.poll(max: 1, timeout: .seconds(1))
            return records.count == 2
        }
        await reader.close()  // what was lent stays good

        #expect(records[0].topic == cluster.topic)
        #expect(records[0].partition == 0)
        #expect(records.map(\.offset) == [0, 1])
        #expect(records[0].timestampMilliseconds == 1_700_000_000_123)
        #expect(records[0].key == [1, 0, 2])
        #expect(records[0].value == [0, 3])
        #expect(records[0].headerText("ce_type") == "last")
        #expect(records[0].headerText("empty") == "")
        #expect(records[0].headerText("missing") == nil)
        #expect(records[0].withHeader("bytes", Array.init) == [0, 255])
        #expect(records[1].key == [])
        #expect(records[1].value == [])
        #expect(records[1].headerText("ce_type") == nil)
        await producer.close()
        await cluster.broker?.close()
    }

    @Test("records of one batch have their own headers, however many and long", arguments: ClusterKind.available)
    func headersStayApart(_ kind: ClusterKind) async throws {
        let cluster = try await Cluster.start(kind)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        let counts = [100, 0, 1, 40]
        let sent = counts.enumerated().map { index, count in
            var record = cluster.record(index)
            record.headers = (0..<count).map { number in
                KafkaHeader(name: "header-\(number)", text: String(repeating: "\(index)", count: number * 10))
            }
            return record
        }
        _ = try await producer.send(sent)

        var batch: KafkaBatch?
        try await eventually {  // all of them come as one batch
            let reader = try cluster.reader()
            batch = try await reader.poll(max: counts.count, timeout: .seconds(1))
            await reader.close()
            return batch?.count == counts.count
        }
        let records = try #require(batch)
        func text(_ header: KafkaHeader) -> String { String(decoding: header.value, as: UTF8.self) }
        for (index, count) in counts.enumerated() {
            #expect(records[index].headerText("header-0") == (count > 0 ? "" : nil))
            #expect(records[index].headerText("header-39") == (count >= 40 ? text(sent[index].headers[39]) : nil))
            #expect(records[index].headerText("header-99") == (count >= 100 ? text(sent[index].headers[99]) : nil))
        }
        await producer.close()
        await cluster.broker?.close()
    }

    @Test(arguments: ClusterKind.available)
    func batchesInFlightKeepTheirOrder(_ kind: ClusterKind) async throws {
        let cluster = try await Cluster.start(kind)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        let deliveries = (0..<200).map { batch in
            producer.enqueue((0..<10).map { cluster.record(batch * 10 + $0) })
        }
        for (batch, delivery) in deliveries.enumerated() {
            #expect(try await delivery.offsets() == (0..<10).map { Int64(batch * 10 + $0) })
        }
        #expect(try await producer.send([]) == [])

        let reader = try cluster.reader()
        #expect(try await reader.values(2_000) == (0..<2_000).map(String.init))
        await reader.close()
        await producer.close()
        await cluster.broker?.close()
    }

    /// 200,000 records are twice what librdkafka's queue holds.
    @Test(arguments: ClusterKind.available)
    func aBatchLargerThanTheQueueIsSentWhole(_ kind: ClusterKind) async throws {
        let cluster = try await Cluster.start(kind, partitions: 2)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        let value = [UInt8](repeating: 7, count: 16)
        let records = (0..<200_000).map { number in
            KafkaRecord(topic: cluster.topic, partition: Int32(number % 2), key: [], value: value)
        }
        let offsets = try await producer.send(records)
        #expect(offsets == (0..<200_000).map { Int64($0 / 2) })
        let partition = KafkaPartition(topic: cluster.topic, number: 1)
        #expect(try await KafkaAdmin(cluster.settings).watermarks(of: partition).high == 100_000)
        await producer.close()
        await cluster.broker?.close()
    }

    @Test(arguments: ClusterKind.available)
    func aRecordWakesAWaitingPoll(_ kind: ClusterKind) async throws {
        let cluster = try await Cluster.start(kind)
        let producer = try KafkaProducer(cluster.settings, clientID: "test")
        let reader = try cluster.reader(reportsEnd: true)
        _ = try await reader.event { $0 == .reachedEnd(KafkaPartition(topic: cluster.topic, number: 0), nextOffset: 0) }
        async let polled = reader.poll(max: 100, timeout: .seconds(30))
        let started = ContinuousClock.now
        _ = try await producer.send([cluster.record(1)])
        #expect(try await polled.count == 1)
        #expect(started.duration(to: .now) < .seconds(5))
        await reader.close()
        await producer.close()
        await cluster.broker?.close()
    }
}
