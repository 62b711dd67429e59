import CRdKafka
import Executors

/// What a topic should look like.
package struct KafkaTopicSpecification: Sendable {
    /// The topic's name.
    package let name: String
    /// How many partitions, at least 1.
    package let partitions: Int32
    /// On how many brokers each record stands; -1: the cluster's default.
    package let replication: Int32
    /// Kafka's topic settings by name, such as `retention.ms`.
    package let configuration: [String: String]

    package init(name: String, partitions: Int32, replication: Int32 = -1, configuration: [String: String] = [:]) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.configuration = configuration
    }
}

/// What a cluster says about itself.
package struct KafkaMetadata: Sendable {
    /// Brokers that are part of the cluster now.
    package let brokers: Int
    /// Partitions of every topic by name.
    package let topicPartitions: [String: Int32]
}

/// Asks and arranges things of a cluster; each call blocks this actor's own thread, never the caller's.
package actor KafkaAdmin {
    private let settings: KafkaSettings
    private let client: KafkaClient
    private let executor = SerialQueueExecutor(label: "kafka.admin")
    /// Between two questions to a cluster that is choosing leaders.
    private static let pauseMinimum: Duration = .milliseconds(20)
    private static let pauseMaximum: Duration = .milliseconds(250)
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Starts a client that connects by itself.
    ///
    /// - Throws: `KafkaError` when the settings contradict each other.
    package init(_ settings: KafkaSettings, clientID: String = "admin") throws(KafkaError) {
        self.settings = settings
        // A request that is never answered holds up all that come after it on its connection, by default for a minute.
        let configuration = try KafkaConfiguration(
            KafkaCallbacks(settings: settings), clientID: clientID, defaults: ["socket.timeout.ms": "4000"])
        client = try KafkaClient(configuration, kind: RD_KAFKA_PRODUCER)
    }

    /// Says whether a broker answers.
    package func isReachable(within timeout: Duration = .seconds(2)) -> Bool {
        do { _ = try metadata(timeout: timeout) } catch { return false }
        return true
    }

    /// Asks for brokers and topics; `rd_kafka_metadata()` for all of them, because asking for one may create it.
    ///
    /// - Throws: `KafkaError`, with the reason of the failed connection where librdkafka knows it.
    package func metadata(timeout: Duration = .seconds(10)) throws(KafkaError) -> KafkaMetadata {
        try describe(timeout: timeout).metadata
    }

    /// - Returns: Also the topics of which every partition has a leader now.
    private func describe(
        timeout: Duration
    ) throws(KafkaError) -> (metadata: KafkaMetadata, usableTopics: Set<String>) {
        var found: UnsafePointer<rd_kafka_metadata>?
        let code = client.withHandle { rd_kafka_metadata($0, 1, nil, &found, timeout.milliseconds) }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let found else { throw failure(code, during: "read metadata") }
        defer { rd_kafka_metadata_destroy(found) }

        let topics = UnsafeBufferPointer(start: found.pointee.topics, count: Int(found.pointee.topic_cnt))
        let counts = topics.map { (String(cString: $0.topic), $0.partition_cnt) }
        let usable = topics.filter { topic in
            let partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
            return !partitions.isEmpty && partitions.allSatisfy { $0.leader >= 0 }
        }
        let metadata = KafkaMetadata(
            brokers: Int(found.pointee.broker_cnt),
            topicPartitions: Dictionary(counts, uniquingKeysWith: { first, _ in first }))
        return (metadata, Set(usable.map { String(cString: $0.topic) }))
    }

    /// Asks for the oldest and the next offset; `rd_kafka_offsets_for_times()`.
    ///
    /// Not `rd_kafka_query_watermark_offsets()`: that one ignores its timeout, and hangs, once its request waits for a
    /// broker that has just gone (librdkafka 2.0.2).
    ///
    /// A broker that does not lead the partition (any more, or yet) is not the end of it, nor is a moment without
    /// a leader: whoever leads it then is asked.
    ///
    /// - Throws: `KafkaError`; at once where the task was cancelled while it waited for its turn. The next call asks
    ///   the leaders that the cluster has then.
    package func watermarks(
        of partition: KafkaPartition, timeout: Duration = .seconds(10)
    ) throws(KafkaError) -> KafkaWatermarks {
        let deadline = ContinuousClock.now + timeout
        var pause = Self.pauseMinimum
        while true {
            do throws(KafkaError) {
                let low = try offset(of: partition, .beginning, until: deadline)
                return KafkaWatermarks(low: low, high: try offset(of: partition, .end, until: deadline))
            } catch {
                if !Task.isCancelled { learnLeaders() }
                // What the cluster said is worth more than that an attempt without time would have timed out.
                guard error.isOfWrongBroker, ContinuousClock.now + pause < deadline else { throw error }
                _ = client.withHandle { rd_kafka_poll($0, pause.milliseconds) }
                pause = min(pause * 2, Self.pauseMaximum)
            }
        }
    }

    /// A client that neither reads nor writes a topic keeps the leaders that it knew when a broker went, which is
    /// before the cluster has chosen others; asking for all topics replaces them.
    private func learnLeaders() {
        var found: UnsafePointer<rd_kafka_metadata>?
        let timeout = Duration.seconds(1)
        _ = client.withHandle { rd_kafka_metadata($0, 1, nil, &found, timeout.milliseconds) }
        if let found { rd_kafka_metadata_destroy(found) }
    }

    /// The times that stand for the two ends of a log are the numbers by which librdkafka names these ends.
    private func offset(
        of partition: KafkaPartition, _ end: KafkaStart, until deadline: ContinuousClock.Instant
    ) throws(KafkaError) -> Int64 {
        guard !Task.isCancelled else { throw KafkaError(.timedOut, during: "read watermarks") }
        let timeout = max(ContinuousClock.now.duration(to: deadline), .milliseconds(1))
        let list = PartitionList(CollectionOfOne((partition, end.rawOffset)))
        let code = client.withHandle { client in
            list.withHandle { rd_kafka_offsets_for_times(client, $0, timeout.milliseconds) }
        }
        let ofPartition = list.firstError(during: "read watermarks")
        // Of a partition without a leader librdkafka says that there is no such partition, and beside it what is so.
        if let ofPartition, ofPartition.code == .leaderNotAvailable { throw ofPartition }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(code, during: "read watermarks") }
        if let ofPartition { throw ofPartition }
        guard let offset = list.entries().first?.offset, offset >= 0 else {
            throw KafkaError(.timedOut, during: "read watermarks")
        }
        return offset
    }

    /// Creates the topics that do not exist yet and waits until they can be used; `rd_kafka_CreateTopics()`.
    ///
    /// - Throws: `KafkaError`: `invalidReplicationFactor` when there are too few brokers, `invalidPartitions` when a
    ///   topic exists with another number of partitions, or what the cluster said.
    package func createTopics(
        _ topics: [KafkaTopicSpecification], timeout: Duration = .seconds(30)
    ) throws(KafkaError) {
        let deadline = ContinuousClock.now + timeout
        let before = try metadata(timeout: timeout)
        let missing = topics.filter { before.topicPartitions[$0.name] == nil }
        for topic in missing where topic.replication > Int32(before.brokers) {
            throw KafkaError(
                .invalidReplicationFactor, during: "create topics",
                hint: "\(topic.name) wants \(topic.replication) replicas, the cluster has \(before.brokers) brokers")
        }
        while !missing.isEmpty {
            do throws(KafkaError) {
                try create(missing, timeout: max(ContinuousClock.now.duration(to: deadline), .milliseconds(1)))
                break
            } catch {
                // A slow cluster takes longer than a request may (`socket.timeout.ms`); what it made meanwhile is fine.
                guard error.code == .timedOut, ContinuousClock.now < deadline else { throw error }
            }
        }

        let names = Set(topics.map(\.name))
        var (after, usable) = try describe(timeout: timeout)
        while !usable.isSuperset(of: names) {  // a cluster answers before all of its brokers know
            guard ContinuousClock.now < deadline else { throw KafkaError(.timedOut, during: "create topics") }
            _ = client.withHandle { rd_kafka_poll($0, 20) }
            (after, usable) = try describe(timeout: timeout)
        }
        for topic in topics {
            guard let count = after.topicPartitions[topic.name], count != topic.partitions else { continue }
            throw KafkaError(
                .invalidPartitions, during: "create topics",
                hint: "\(topic.name) exists with \(count) partitions instead of \(topic.partitions)")
        }
    }

    /// Deletes topics with all that is in them and waits until no broker knows them; `rd_kafka_DeleteTopics()`.
    ///
    /// Topics that do not exist are fine: then there is nothing to delete.
    /// - Throws: `KafkaError`, `timedOut` when they are still known after `timeout`.
    package func deleteTopics(_ names: [String], timeout: Duration = .seconds(30)) throws(KafkaError) {
        let deadline = ContinuousClock.now + timeout
        let existing = try metadata(timeout: timeout).topicPartitions
        let doomed = names.filter { existing[$0] != nil }
        if doomed.isEmpty { return }
        try delete(doomed, timeout: timeout)
        while try metadata(timeout: timeout).topicPartitions.keys.contains(where: doomed.contains) {
            guard ContinuousClock.now < deadline else { throw KafkaError(.timedOut, during: "delete topics") }
            _ = client.withHandle { rd_kafka_poll($0, 20) }
        }
    }
}

extension KafkaAdmin {
    /// Asks for the end of topics; the cluster's answer to each of them is in the one event.
    private func delete(_ names: [String], timeout: Duration) throws(KafkaError) {
        var requests: [OpaquePointer?] = names.map { rd_kafka_DeleteTopic_new($0) }
        defer { for request in requests { rd_kafka_DeleteTopic_destroy(request) } }
        let queue = client.withHandle { rd_kafka_queue_new($0) }
        defer { rd_kafka_queue_destroy(queue) }
        client.withHandle { client in
            let options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DELETETOPICS)
            defer { rd_kafka_AdminOptions_destroy(options) }
            // Both only refuse times out of range, and these are not.
            rd_kafka_AdminOptions_set_request_timeout(options, timeout.milliseconds, nil, 0)
            rd_kafka_AdminOptions_set_operation_timeout(options, timeout.milliseconds, nil, 0)
            rd_kafka_DeleteTopics(client, &requests, requests.count, options, queue)
        }
        guard let event = rd_kafka_queue_poll(queue, timeout.milliseconds) else {
            throw KafkaError(.timedOut, during: "delete topics")
        }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(code, during: "delete topics") }
        var count = 0
        let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
        for result in UnsafeBufferPointer(start: results, count: count) {
            let code = rd_kafka_topic_result_error(result)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART { continue }
            throw KafkaError(
                KafkaError.Code(code), during: "delete topics",
                hint: String(cString: rd_kafka_topic_result_name(result)))
        }
    }

    /// Asks for the topics; one that somebody else created meanwhile is fine.
    private func create(_ topics: [KafkaTopicSpecification], timeout: Duration) throws(KafkaError) {
        var requests: [OpaquePointer?] = []
        defer { for request in requests { rd_kafka_NewTopic_destroy(request) } }
        for topic in topics { requests.append(try request(topic)) }

        let queue = client.withHandle { rd_kafka_queue_new($0) }
        defer { rd_kafka_queue_destroy(queue) }
        client.withHandle { client in
            let options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS)
            defer { rd_kafka_AdminOptions_destroy(options) }
            // Both only refuse times out of range, and these are not.
            rd_kafka_AdminOptions_set_request_timeout(options, timeout.milliseconds, nil, 0)
            rd_kafka_AdminOptions_set_operation_timeout(options, timeout.milliseconds, nil, 0)
            rd_kafka_CreateTopics(client, &requests, requests.count, options, queue)
        }
        guard let event = rd_kafka_queue_poll(queue, timeout.milliseconds) else {
            throw KafkaError(.timedOut, during: "create topics")
        }
        defer { rd_kafka_event_destroy(event) }

        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(code, during: "create topics") }
        var count = 0
        let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        for result in UnsafeBufferPointer(start: results, count: count) {
            let code = rd_kafka_topic_result_error(result)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { continue }
            let reason = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            throw KafkaError(
                KafkaError.Code(code), during: "create topics",
                hint: String(cString: rd_kafka_topic_result_name(result)),
                reason: reason ?? "")
        }
    }

    private func request(_ topic: KafkaTopicSpecification) throws(KafkaError) -> OpaquePointer {
        var text = [CChar](repeating: 0, count: 512)
        guard
            let request = rd_kafka_NewTopic_new(topic.name, topic.partitions, topic.replication, &text, text.count)
        else {
            throw KafkaError(
                .invalidConfiguration, during: "create topics", hint: topic.name, reason: String(filling: text))
        }
        for (name, value) in topic.configuration { rd_kafka_NewTopic_set_config(request, name, value) }
        return request
    }

    /// An error that names the failed log-in rather than the time-out that it caused.
    private func failure(_ code: rd_kafka_resp_err_t, during operation: String) -> KafkaError {
        _ = client.withHandle { rd_kafka_poll($0, 0) }  // the error callback has been waiting for its thread
        if let problem = client.problem, problem.code == .authentication { return problem }
        return KafkaError(code, during: operation, for: settings)
    }
}
