import Executors
import Synchronization

/// Sends records to Kafka in the order in which they were given, without duplicates.
///
/// A thread of its own hands them to librdkafka and takes the acknowledgements back. Several batches may be in flight.
/// With `gapless` no record is ever given up while later ones go out: a record that cannot be delivered ends the
/// producer, everyone who waits gets the error, and the owner makes a new one and starts again where the
/// acknowledgements ended. While brokers are away such a producer just waits; `problem` says so.
package final class KafkaProducer: Sendable {
    private let loop: ProducerLoop

    /// Starts a producer; it connects by itself, and nothing is sent before the first batch.
    ///
    /// - Parameters:
    ///   - settings: How to reach the cluster.
    ///   - clientID: Names this program in the brokers' logs.
    ///   - gapless: False gives a failed batch up (after librdkafka's `message.timeout.ms`) and lets later ones go on.
    /// - Throws: `KafkaError` when the settings contradict each other.
    package init(_ settings: KafkaSettings, clientID: String, gapless: Bool = true) throws(KafkaError) {
        loop = try ProducerLoop(settings, clientID: clientID, gapless: gapless)
        SerialQueueExecutor(label: "kafka.producer.\(clientID)").async { [loop] in loop.run() }
    }

    /// Forgetting a producer withdraws what is not acknowledged; `close` is the polite way.
    deinit { loop.stop(within: .zero, then: nil) }

    /// Gives a batch its place behind all batches that were enqueued before, and returns at once.
    ///
    /// - Returns: What to wait on; dropping it withdraws nothing.
    package func enqueue(_ records: [KafkaRecord]) -> KafkaDelivery {
        let delivery = KafkaDelivery(count: records.count)
        loop.enqueue(records, reporting: delivery)
        return delivery
    }

    /// Sends a batch and waits until every record of it is acknowledged by all in-sync replicas.
    ///
    /// Cancelling the task withdraws nothing, because that would leave a gap; closing the producer does.
    /// - Returns: The records' offsets in the order of `records`; -1 where a broker only said that it has it already.
    /// - Throws: `KafkaError`: the first failure of the batch, or what ended the producer.
    package func send(_ records: [KafkaRecord]) async throws(KafkaError) -> [Int64] {
        try await enqueue(records).offsets()
    }

    /// Trouble with the brokers that has not been followed by an acknowledgement yet.
    package var problem: KafkaError? { loop.problem }

    /// What ended this producer; nil while it works.
    package var failure: KafkaError? { loop.failure }

    /// Waits for acknowledgements, then withdraws what is left (its senders get `KafkaError.Code.purged`) and ends.
    ///
    /// - Parameter flushTime: How long to wait before withdrawing.
    package func close(flushingFor flushTime: Duration = .zero) async {
        await withCheckedContinuation { continuation in
            loop.stop(within: flushTime) { continuation.resume() }
        }
    }
}

/// A batch that was given to a producer.
package final class KafkaDelivery: Sendable {
    private enum State {
        case waiting([CheckedContinuation<Result<[Int64], KafkaError>, Never>])
        case done(Result<[Int64], KafkaError>)
    }

    /// Records in the batch.
    package let count: Int
    private let state = Mutex(State.waiting([]))

    init(count: Int) {
        self.count = count
    }

    /// Waits for the acknowledgement of every record; may be asked more than once.
    ///
    /// - Returns: The offsets in the order of the batch; -1 where a broker only said that it has the record already.
    /// - Throws: `KafkaError`: the first failure of the batch, or what ended the producer.
    package func offsets() async throws(KafkaError) -> [Int64] {
        let result = await withCheckedContinuation { continuation in
            let result: Result<[Int64], KafkaError>? = state.withLock { state in
                switch state {
                case .done(let result): return result
                case .waiting(let others):
                    state = .waiting(others + [continuation])
                    return nil
                }
            }
            if let result { continuation.resume(returning: result) }
        }
        return try result.get()
    }

    /// Tells everyone who waits; the first result stays.
    func finish(_ result: Result<[Int64], KafkaError>) {
        let waiting: [CheckedContinuation<Result<[Int64], KafkaError>, Never>] = state.withLock { state in
            guard case .waiting(let waiting) = state else { return [] }
            state = .done(result)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: result) }
    }
}
