import CRdKafka
import Executors

/// Reads partitions, as a member of a group or those that it is told to; it never commits by itself.
///
/// Everything blocks on this actor's own thread. One task calls `poll` again and again; the other calls may come from
/// anywhere, and wait for a running `poll` to end.
package actor KafkaConsumer {
    private let settings: KafkaSettings
    private let client: KafkaClient
    private let owner: KafkaGroupOwner?
    private let rebalances: RebalanceInbox
    private let executor: SerialQueueExecutor
    private var isClosed = false
    /// Whether the last fetch got as much as it may, or much of what is fetched ahead: there may be a backlog.
    private var wasFull = false
    /// Partitions that were given no place yet.
    private var held: Set<KafkaPartition>
    /// Those of which nothing is wanted at present.
    private var paused: Set<KafkaPartition> = []
    /// Where each partition was sent last.
    private var places: [KafkaPartition: KafkaStart]
    /// The partitions that are read now, paused ones too.
    package private(set) var assignment: Set<KafkaPartition>
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Joins a group; equal partition numbers of all topics go to the same member.
    ///
    /// - Parameters:
    ///   - settings: How to reach the cluster.
    ///   - groupID: The group, which is also who commits.
    ///   - clientID: Names this reader in the brokers' logs; nil: the group's name.
    ///   - topics: What to read; must exist, and have equally many partitions.
    ///   - reportsEnd: True for `KafkaEvent.reachedEnd`.
    ///   - owner: Told of every assignment before anything of it is fetched.
    /// - Throws: `KafkaError` when the settings contradict each other.
    package init(
        _ settings: KafkaSettings, groupID: String, clientID: String? = nil, topics: [String],
        reportsEnd: Bool = false, owner: KafkaGroupOwner
    ) throws(KafkaError) {
        let fixed = ["partition.assignment.strategy": "range"]
        try self.init(
            settings, groupID: groupID, clientID: clientID ?? groupID, fixed: fixed, reportsEnd: reportsEnd,
            owner: owner)
        let list = PartitionList(topics.map { KafkaPartition(topic: $0, number: RD_KAFKA_PARTITION_UA) })
        let code = client.withHandle { client in list.withHandle { rd_kafka_subscribe(client, $0) } }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, during: "subscribe", for: settings) }
    }

    /// Reads exactly these partitions, without a group.
    ///
    /// - Parameters:
    ///   - settings: How to reach the cluster.
    ///   - clientID: Names this reader in the brokers' logs.
    ///   - starts: What to read and where to begin; `committed` makes no sense here.
    ///   - reportsEnd: True for `KafkaEvent.reachedEnd`.
    /// - Throws: `KafkaError` when the settings contradict each other.
    package init(
        _ settings: KafkaSettings, clientID: String, assigning starts: [KafkaPartition: KafkaStart],
        reportsEnd: Bool = false
    ) throws(KafkaError) {
        // librdkafka reads nothing without a group id, though it never joins this one.
        try self.init(
            settings, groupID: clientID, clientID: clientID, fixed: [:], reportsEnd: reportsEnd, owner: nil,
            assigned: starts)
        try Self.assign(starts, holding: Self.held(starts), to: client)
    }

    private init(
        _ settings: KafkaSettings, groupID: String, clientID: String, fixed: [String: String], reportsEnd: Bool,
        owner: KafkaGroupOwner?, assigned places: [KafkaPartition: KafkaStart] = [:]
    ) throws(KafkaError) {
        let rebalances = RebalanceInbox()
        let callbacks = KafkaCallbacks(settings: settings, rebalance: rebalances.receive)
        let promised = [
            "group.id": groupID, "enable.auto.commit": "false", "enable.auto.offset.store": "false",
            "auto.offset.reset": "error", "enable.partition.eof": "\(reportsEnd)",
        ]
        var configuration = try KafkaConfiguration(
            callbacks, clientID: clientID, defaults: settings.consumerProperties,
            fixed: promised.merging(fixed) { first, _ in first })
        if owner != nil { configuration.reportRebalances() }
        client = try KafkaClient(configuration, kind: RD_KAFKA_CONSUMER)
        executor = SerialQueueExecutor(label: "kafka.consumer.\(clientID)")
        self.settings = settings
        self.owner = owner
        self.rebalances = rebalances
        assignment = Set(places.keys)
        held = Self.held(places)
        self.places = places
    }

    /// Trouble with the brokers since the last record came.
    package nonisolated var problem: KafkaError? { client.problem }

    /// Waits for records, at most `timeout`, and lends what is there, at most `max`; a rebalance is settled first.
    ///
    /// - Returns: Records of a partition in their order. Empty when nothing came in time.
    /// - Throws: `KafkaError` when the consumer is closed or can never work again, `CancellationError`, or what
    ///   `KafkaGroupOwner.assigned` threw.
    package func poll(max: Int, timeout: Duration) async throws -> KafkaBatch {
        precondition(max > 0)
        let deadline = ContinuousClock.now + timeout
        return try await withTaskCancellationHandler {
            try await poll(max: max, until: deadline)
        } onCancel: { [client] in
            client.wake()
        }
    }

    /// Goes on reading a partition elsewhere; records of it that were fetched and not lent are dropped.
    ///
    /// A partition that may still be asking for its place, as it was given a name of one, is not to be sought: see
    /// `KafkaStart.held`.
    ///
    /// - Throws: `KafkaError` when the partition is not assigned or the consumer is closed.
    package func seek(_ partition: KafkaPartition, to start: KafkaStart) throws(KafkaError) {
        try checkOpen(during: "seek")
        let list = PartitionList(CollectionOfOne((partition, start.rawOffset)))
        let deadline = ContinuousClock.now + Self.callTimeout
        while let error = client.withHandle({ client in
            list.withHandle { rd_kafka_seek_partitions(client, $0, Self.seekTimeout.milliseconds) }
        }) {
            let failure = KafkaError(taking: error, during: "seek")
            // One that its partition's own start overtakes is dropped without an answer (librdkafka 2.0.2): once more.
            guard failure.code == .timedOut, ContinuousClock.now < deadline else { throw failure }
        }
        if let error = list.firstError(during: "seek") {
            guard assignment.contains(partition), error.code == .wrongState else { throw error }
            try restart(partition, at: start)
        }
        places[partition] = start
        if held.remove(partition) != nil { try resume([partition]) }
    }

    /// Remembers for the group where each partition goes on: the offset after the last record that was applied.
    ///
    /// - Throws: `KafkaError` when the coordinator refuses, cannot be reached in time, or the consumer is closed.
    package func commit(_ nextOffsets: [KafkaPartition: Int64]) throws(KafkaError) {
        try checkOpen(during: "commit")
        if nextOffsets.isEmpty { return }
        let list = PartitionList(nextOffsets.map { ($0.key, $0.value) })
        let queue = client.withHandle { rd_kafka_queue_new($0) }
        defer { rd_kafka_queue_destroy(queue) }
        let code = client.withHandle { client in
            list.withHandle { rd_kafka_commit_queue(client, $0, queue, nil, nil) }
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, during: "commit", for: settings) }
        guard let event = rd_kafka_queue_poll(queue, Self.callTimeout.milliseconds) else {
            throw KafkaError(.timedOut, during: "commit")
        }
        defer { rd_kafka_event_destroy(event) }
        let outcome = rd_kafka_event_error(event)
        guard outcome == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(outcome, during: "commit", for: settings) }
    }

    /// Asks where the group goes on; `rd_kafka_committed()`.
    ///
    /// - Returns: Next offsets; partitions that were never committed are left out.
    /// - Throws: `KafkaError` when the coordinator cannot be reached in time or the consumer is closed.
    package func committed(_ partitions: [KafkaPartition]) throws(KafkaError) -> [KafkaPartition: Int64] {
        try checkOpen(during: "read commits")
        let list = PartitionList(partitions)
        let code = client.withHandle { client in
            list.withHandle { rd_kafka_committed(client, $0, Self.callTimeout.milliseconds) }
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, during: "read commits", for: settings) }
        if let error = list.firstError(during: "read commits") { throw error }
        let known = list.entries().filter { $0.offset >= 0 }.map { ($0.partition, $0.offset) }
        return Dictionary(known, uniquingKeysWith: { first, _ in first })
    }

    /// Lends no more records of these partitions until `resume`; `rd_kafka_pause_partitions()`.
    package func pause(_ partitions: [KafkaPartition]) throws(KafkaError) {
        try checkOpen(during: "pause")
        paused.formUnion(partitions)
        try Self.change(partitions, of: client, during: "pause", rd_kafka_pause_partitions)
    }

    /// Takes `pause` back; `rd_kafka_resume_partitions()`.
    package func resume(_ partitions: [KafkaPartition]) throws(KafkaError) {
        try checkOpen(during: "resume")
        paused.subtract(partitions)
        try Self.change(partitions, of: client, during: "resume", rd_kafka_resume_partitions)
    }

    /// Leaves the group and ends; closing twice is fine.
    ///
    /// The owner is not told of it. Batches that were lent stay good.
    package func close() {
        if isClosed { return }
        isClosed = true
        assignment = []
        // A decision that was told already is followed here, later ones at once in the callback. Only then: after a
        // call that nobody waits for, a decision on its way would be followed while librdkafka ends, and hang there
        // (2.0.2).
        let mustFollow = owner == nil || rebalances.hasDecision
        rebalances.close()
        client.withHandle { client in
            if mustFollow { rd_kafka_assign(client, nil) }
            rd_kafka_consumer_close(client)
        }
    }
}

extension KafkaConsumer {
    /// How long a call that needs a broker's answer may take.
    private static var callTimeout: Duration { .seconds(10) }
    /// How long a rebalance may wait for the ends of what is held.
    private static var placeTimeout: Duration { .seconds(2) }
    /// A broker that does not answer wakes up by itself.
    private static var wakeTimeout: Duration { .milliseconds(50) }
    /// How long one attempt to seek may take.
    private static var seekTimeout: Duration { .milliseconds(500) }

    /// Those that are held are paused before anything of them is lent.
    private static func assign(
        _ starts: [KafkaPartition: KafkaStart], holding held: Set<KafkaPartition>, to client: KafkaClient
    ) throws(KafkaError) {
        let list = PartitionList(starts.map { ($0.key, $0.value.rawOffset) })
        let code = client.withHandle { client in list.withHandle { rd_kafka_assign(client, $0) } }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, during: "assign") }
        try change(Array(held), of: client, during: "assign", rd_kafka_pause_partitions)
    }

    /// Where each partition goes on: behind what was lent of it last, else where it was sent.
    private var presentPlaces: [KafkaPartition: KafkaStart] {
        let list = PartitionList(assignment)
        _ = client.withHandle { client in list.withHandle { rd_kafka_position(client, $0) } }
        let lent = list.entries().filter { $0.offset >= 0 }.map { ($0.partition, KafkaStart.offset($0.offset)) }
        return places.merging(lent) { $1 }
    }

    /// Where partitions that are held may wait: at their ends.
    ///
    /// A member of a group knows their leaders, and fetches before it can be paused. What a log does not have would end
    /// in an error that stops the partition.
    private func waitingPlaces(_ held: Set<KafkaPartition>) -> [KafkaPartition: KafkaStart] {
        let list = PartitionList(held.map { ($0, KafkaStart.end.rawOffset) })
        _ = client.withHandle { client in
            list.withHandle { rd_kafka_offsets_for_times(client, $0, Self.placeTimeout.milliseconds) }
        }
        let places = list.entries().map { entry in
            let isKnown = entry.error == RD_KAFKA_RESP_ERR_NO_ERROR && entry.offset >= 0
            return (entry.partition, isKnown ? KafkaStart.offset(entry.offset) : .end)
        }
        return Dictionary(places, uniquingKeysWith: { first, _ in first })
    }

    private static func held(_ starts: [KafkaPartition: KafkaStart]) -> Set<KafkaPartition> {
        Set(starts.filter { $0.value == .held }.keys)
    }

    private func checkOpen(during operation: String) throws(KafkaError) {
        if isClosed { throw .closed(during: operation) }
    }

    private static func change(
        _ partitions: [KafkaPartition], of client: KafkaClient, during operation: String,
        _ call: (OpaquePointer?, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) -> rd_kafka_resp_err_t
    ) throws(KafkaError) {
        if partitions.isEmpty { return }
        let list = PartitionList(partitions)
        let code = client.withHandle { client in list.withHandle { call(client, $0) } }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, during: operation) }
        if let error = list.firstError(during: operation) { throw error }
    }

    /// Gives a partition that stands still (after `offsetOutOfRange`) away and takes it again; it cannot seek.
    ///
    /// A member of a group can only give back and take all that it has; the others go on where they are.
    private func restart(_ partition: KafkaPartition, at start: KafkaStart) throws(KafkaError) {
        if owner != nil {
            // While the group decides anew, taking anything would be the answer to that.
            guard !rebalances.hasDecision else { throw KafkaError(RD_KAFKA_RESP_ERR__STATE, during: "seek") }
            var starts = presentPlaces
            starts[partition] = start
            return try Self.assign(starts, holding: held.union(paused).subtracting([partition]), to: client)
        }
        let list = PartitionList(CollectionOfOne((partition, start.rawOffset)))
        for call in [rd_kafka_incremental_unassign, rd_kafka_incremental_assign] {
            if let error = client.withHandle({ client in list.withHandle { call(client, $0) } }) {
                throw KafkaError(taking: error, during: "seek")
            }
        }
    }

    private func poll(max: Int, until deadline: ContinuousClock.Instant) async throws -> KafkaBatch {
        while true {
            try Task.checkCancellation()
            try await settleRebalances()
            let batch = try fetch(max, within: ContinuousClock.now.duration(to: deadline))
            if !batch.isEmpty || !batch.events.isEmpty || ContinuousClock.now >= deadline { return batch }
        }
    }

    /// Lets the owner answer what the group decided, and only then does as decided.
    private func settleRebalances() async throws {
        try checkOpen(during: "consume")
        while let owner, let decision = rebalances.first {
            switch decision {
            case .assign(let partitions):
                let chosen = try await owner.assigned(partitions)
                try checkOpen(during: "consume")  // the actor was free while the owner thought
                let starts = Dictionary(
                    partitions.map { ($0, chosen[$0] ?? .committed) }, uniquingKeysWith: { first, _ in first })
                held = Self.held(starts)
                places = starts.merging(held.isEmpty ? [:] : waitingPlaces(held)) { $1 }
                try Self.assign(places, holding: held, to: client)
                assignment = Set(partitions)
            case .revoke(let partitions):
                await owner.revoked(partitions, client.withHandle { rd_kafka_assignment_lost($0) } == 1)
                try checkOpen(during: "consume")
                let code = client.withHandle { rd_kafka_assign($0, nil) }
                if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, during: "unassign", for: settings) }
                assignment = []
                (held, paused, places) = ([], [], [:])
            }
            rebalances.removeFirst()
        }
    }

    /// Has librdkafka look at once whether there is room for more records.
    ///
    /// When its queue has reached `queued.min.messages` or `queued.max.messages.kbytes`, the thread of a broker sleeps
    /// for up to a second, whoever empties the queue meanwhile (librdkafka issue 2879; `fetch.queue.backoff.ms` came
    /// with 2.2). Any request wakes it: this one asks all leaders of what is read, and its answer does not matter.
    private func wakeFetchers() {
        let list = PartitionList(assignment.map { ($0, Int64(RD_KAFKA_OFFSET_END)) })
        _ = client.withHandle { client in
            list.withHandle { rd_kafka_offsets_for_times(client, $0, Self.wakeTimeout.milliseconds) }
        }
    }

    /// Waits for the first record and takes what else is there.
    ///
    /// `rd_kafka_consume_batch_queue()` would wait until its array is full, hence two calls.
    private func fetch(_ max: Int, within timeout: Duration) throws -> KafkaBatch {
        let messages = UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>.allocate(capacity: max)
        func take(_ first: Int, _ count: Int, within timeout: Duration) -> Int {
            let taken = client.withQueue { queue in
                rd_kafka_consume_batch_queue(queue, timeout.milliseconds, messages + first, count)
            }
            return Swift.max(0, taken)
        }
        var count = 0
        if wasFull {
            count = take(0, max, within: .zero)
            if count < max { wakeFetchers() }
        }
        if count == 0, !rebalances.hasDecision {
            count = take(0, 1, within: timeout)
            if count == 1, max > 1, !rebalances.hasDecision { count += take(1, max - 1, within: .zero) }
        }
        let batch = KafkaBatch(taking: messages, count: count, of: client)
        wasFull = count == max || batch.byteCount > settings.queueBytesMaximum / 4
        if !batch.isEmpty { client.clearProblem() }
        if client.problem?.isFatal == true, let fatal = client.fatalError(during: "consume") { throw fatal }
        return batch
    }
}
